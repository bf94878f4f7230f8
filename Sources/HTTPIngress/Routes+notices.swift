import Hummingbird
import Market

extension Routes {
  /// Adds the stream of a user's notices.
  func addNoticeStream(to router: Router<Context>) {
    add(
      "/notices/stream", to: router,
      [
        .get: Endpoint(for: .users) { request, context in
          let userid = try named(in: request, context.viewer) ?? context.viewer.actor?.userid
          guard let userid else {
            throw Problem(
              .field(.missing),
              "userid is missing: where nobody signs in, the query has to name a user.", field: "userid",
              message: "누구의 알림인지 userid로 알려 주세요.")
          }
          // Its answer has no body that would end.
          if request.method == .head { return Response(status: .ok, headers: Self.streamHeaders) }
          let stream = try await notices.open(for: userid, until: context.tokenEnd)
          return send(stream, request)
        }
      ])
  }

  private static let streamHeaders: HTTPFields = {
    var headers: HTTPFields = [
      .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache, no-transform",
      // Its end is the end of the connection, on which clients send nothing else meanwhile.
      .connection: "close",
    ]
    // For nginx, which would keep events until it has many.
    headers[header: .accelBuffering] = "no"
    return headers
  }()

  /// Returns the answer that lasts as long as the stream and the client's connection.
  private func send(_ stream: NoticeFeed.Stream, _ request: Request) -> Response {
    let (baseURL, last) = (BaseURL(request), request.headers[header: .lastEventID])
    let language = Language(accepting: request.headers[.acceptLanguage])
    let body = ResponseBody { writer in
      // Others come back at other times, also if all were cut off at once.
      let retry = ServerSentEvent.retry(after: .random(in: 2000...4000))
      try await request.body.consumeWithInboundCloseHandler { _ in
        try await writer.write(ByteBuffer(string: retry))
        if let last {
          let missed = (try? await replay.events(since: last, for: stream.userid)) ?? [.reset]
          try await writer.write(missed.bytes(on: baseURL, in: language))
        }
        while let events = await stream.queue.next() {
          try await writer.write(events.bytes(on: baseURL, in: language))
        }
        try await writer.finish(nil)
      } onInboundClosed: {
        stream.queue.end()
      }
    }
    return Response(status: .ok, headers: Self.streamHeaders, body: body)
  }
}

extension [NoticeEvent] {
  fileprivate func bytes(on baseURL: BaseURL, in language: Language) -> ByteBuffer {
    ByteBuffer(string: map { $0.text(on: baseURL, in: language) }.joined())
  }
}
