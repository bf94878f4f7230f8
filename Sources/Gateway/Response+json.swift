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
}
