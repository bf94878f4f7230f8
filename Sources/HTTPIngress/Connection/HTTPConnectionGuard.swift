import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Enforces RFC 9110 and 9112 on one connection, and bounds what it can cost.
///
/// A malformed or slow request is answered with a problem and ends the connection. A client that does not
/// read its answers is disconnected.
final class HTTPConnectionGuard: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// A request that was passed on and has not been answered yet.
  private struct Asked {
    let isHead: Bool
    /// Whether the connection ends with its answer.
    var isLast: Bool
  }

  private let limits: ServerLimits
  /// Why this connection is not served.
  private let refusal: Problem?
  private var asked: CircularBuffer<Asked> = []
  /// Whether the body of the last one is still being received.
  private var isReading = false
  /// The answer to malformed input, not written yet.
  private var problem: Problem?
  /// Whether all further input is ignored.
  private var isDeaf = false
  /// Whether the refused request is a HEAD, whose answer has no body.
  private var refusedHead = false
  /// The language of the answer to a refused request.
  private var language = Language.korean
  /// Whether the client is owed a 100 that has to wait for an earlier answer.
  private var owesContinue = false
  /// The deadline for the body that is being received.
  private var bodyDue: NIODeadline?
  /// When the connection closes; set once its last answer is written.
  private var leavesAt: NIODeadline?
  /// How many bytes of bodies have been written.
  private var written = 0
  /// Since when the client has been reading too slowly, and how much it had read by then.
  private var unread: (since: NIODeadline, taken: Int)?
  private var clock: Scheduled<Void>?

  /// - Parameter refusal: the answer if this connection is over the limit.
  init(_ limits: ServerLimits, refusal: Problem?) {
    self.limits = limits
    self.refusal = refusal
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.fireChannelActive()
    begin(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { clock?.cancel() }

  private func begin(_ context: ChannelHandlerContext) {
    watch(context)
    guard let refusal else { return }
    isDeaf = true
    answer(refusal, context, nil)
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isDeaf { return }
    switch unwrapInboundIn(data) {
    case .head(var head):
      if asked.last?.isLast == true {
        isDeaf = true
        return
      }
      do throws(Problem) {
        try head.normalize(limits)
        if head.expectsContinue { owesContinue = head.contentLength.map { $0 <= limits.bodyBytes } ?? true }
      } catch {
        refusedHead = head.method == .HEAD
        language = Language(accepting: head.headers.first(name: "accept-language"))
        return refuse(error, as: HTTPParserError.unknown, context)
      }
      isReading = true
      asked.append(Asked(isHead: head.method == .HEAD, isLast: head.isLast))
      if head.hasBody { bodyDue = .now() + TimeAmount(limits.bodyTimeout) }
      payContinue(context)
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .body: context.fireChannelRead(data)
    case .end:
      isReading = false
      bodyDue = nil
      owesContinue = false
      context.fireChannelRead(data)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Whatever follows the last request is ignored.
    if asked.last?.isLast == true, !isReading { isDeaf = true }
    switch error {
    case is HTTPParserError where isDeaf, is ByteToMessageDecoderError: return
    case let error as HTTPParserError: refuse(Problem(unreadable: error, limits), as: error, context)
    default: context.fireErrorCaught(error)
    }
  }

  /// Stops taking requests. The error aborts the request that is being read; without one, it makes
  /// Hummingbird write an answer, which `write` replaces.
  private func refuse(_ problem: Problem, as error: any Error, _ context: ChannelHandlerContext) {
    if isReading, !asked.isEmpty {
      asked[asked.index(before: asked.endIndex)].isLast = true
    } else {
      self.problem = problem
    }
    isDeaf = true
    bodyDue = nil
    context.fireErrorCaught(error)
  }

  /// Writes an owed 100, unless an earlier answer is still being written.
  private func payContinue(_ context: ChannelHandlerContext) {
    guard owesContinue, asked.count == 1 else { return }
    owesContinue = false
    context.writeAndFlush(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
  }

  // MARK: Answers

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard leavesAt == nil else {
      promise?.succeed()
      return
    }
    guard !asked.isEmpty else {
      // Hummingbird's answer to a request that could not be parsed. It is replaced once it is complete,
      // because Hummingbird closes the connection if it cannot write the rest.
      if let problem, case .end = unwrapOutboundIn(data) {
        answer(problem, context, promise)
      } else {
        promise?.succeed()
      }
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if head.headers[canonicalForm: "connection"].contains("close") {
        asked[asked.startIndex].isLast = true
      }
      if asked[asked.startIndex].isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
      head.headers.protect()
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body(let body):
      guard asked.first?.isHead == false else {
        promise?.succeed()
        return
      }
      written += body.readableBytes
      context.write(data, promise: promise)
    case .end:
      let isLast = asked.removeFirst().isLast
      if isLast {
        context.writeAndFlush(data, promise: promise)
        leave(context)
      } else {
        context.write(data, promise: promise)
        payContinue(context)
      }
    }
  }

  /// Answers input that could not be passed on, and closes the connection.
  private func answer(
    _ problem: Problem, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) {
    var json = JSONWriter()
    json.object { problem.write(to: &$0, in: language) }
    var headers = HTTPHeaders(problem.headers)
    headers.replaceOrAdd(name: "Content-Language", value: language.rawValue)
    headers.replaceOrAdd(name: "Content-Type", value: "application/problem+json")
    headers.replaceOrAdd(name: "Content-Length", value: "\(json.bytes.count)")
    headers.replaceOrAdd(name: "Connection", value: "close")
    headers.protect()
    let head = HTTPResponseHead(
      version: .http1_1, status: .init(statusCode: problem.status.code), headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !refusedHead {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: json.bytes)))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    leave(context)
  }

  /// Closes the output side. For a while, the client's input is still read and discarded: with an immediate
  /// close, the client's system could discard the answer.
  private func leave(_ context: ChannelHandlerContext) {
    isDeaf = true
    bodyDue = nil
    leavesAt = .now() + TimeAmount(limits.farewell)
    context.close(mode: .output, promise: nil)
  }

  // MARK: Time

  /// Checks the connection's deadlines periodically: one timer per connection costs less than one per call.
  private func watch(_ context: ChannelHandlerContext) {
    let pace = min(limits.bodyTimeout, limits.answerTimeout, limits.farewell) / 4
    clock = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pace)) { [weak self] in
      self?.look(context)
    }
  }

  private func look(_ context: ChannelHandlerContext) {
    let now = NIODeadline.now()
    if let leavesAt, leavesAt <= now { return context.close(promise: nil) }
    if isUnread(context, now) { return context.close(promise: nil) }
    if let due = bodyDue, due <= now {
      if asked.count > 1 {
        // Not the client's fault: the body is not read before the earlier requests are answered.
        bodyDue = now + TimeAmount(limits.bodyTimeout)
      } else {
        let slow = Problem(bodyTooSlow: limits)
        refuse(slow, as: slow, context)
      }
    }
    watch(context)
  }

  /// Whether the client has left too much unread for too long.
  private func isUnread(_ context: ChannelHandlerContext, _ now: NIODeadline) -> Bool {
    let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    guard waiting > 0 else {
      unread = nil
      return false
    }
    let taken = written - waiting
    guard let unread, taken - unread.taken < limits.answerBytes else {
      unread = (now, taken)
      return false
    }
    return now - unread.since >= TimeAmount(limits.answerTimeout)
  }
}
