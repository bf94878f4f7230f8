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

extension HTTPFields {
  /// A header that the library has no name for.
  subscript(header name: String) -> String? {
    get { HTTPFields.Element.Name(name).flatMap { self[$0] } }
    set { if let name = HTTPFields.Element.Name(name) { self[name] = newValue } }
  }
}
