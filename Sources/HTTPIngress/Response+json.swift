import Hummingbird

extension Response {
  /// A JSON object, by default `application/hal+json`.
  init(
    _ status: HTTPResponse.Status = .ok, type: String = "application/hal+json", headers: HTTPFields = [:],
    json members: (inout JSONWriter) -> Void
  ) {
    var json = JSONWriter()
    json.object(members)
    var headers = headers
    headers[.contentType] = type
    self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }

  /// Returns the same response, which keeps a value alive until all of the body is written to the socket.
  func keeping(_ value: (some AnyObject & Sendable)?) -> Response {
    guard let value else { return self }
    let body = body
    var response = self
    response.body = ResponseBody(contentLength: body.contentLength) { writer in
      try await body.write(writer)
      withExtendedLifetime(value) {}
    }
    return response
  }
}
