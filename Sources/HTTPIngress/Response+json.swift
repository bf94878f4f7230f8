import Hummingbird

extension Response {
  /// A JSON object, `application/hal+json` unless told otherwise.
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

  /// The same, holding on to a value until the client has taken all of it but what a socket keeps.
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
