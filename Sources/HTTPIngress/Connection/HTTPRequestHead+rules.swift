import NIOHTTP1

/// The rules of RFC 9112 for a request's head.
extension HTTPRequestHead {
  /// Validates the head and normalizes it for the rest of the server. Throws a problem if it is malformed.
  mutating func normalize(_ limits: ServerLimits) throws(Problem) {
    guard method != .CONNECT else {
      throw Problem(
        .unknownMethod, "This server is not a proxy and does not support CONNECT.",
        message: "이 서버는 프록시가 아닙니다.")
    }
    guard uri.utf8.count <= limits.targetBytes else {
      throw Problem(
        .targetTooLong, "The path and its query are longer than \(limits.targetBytes) bytes.",
        message: "주소가 너무 깁니다.")
    }
    let codings = headers[canonicalForm: "transfer-encoding"]
    guard codings.isEmpty || codings.count == 1 && codings[0].lowercased() == "chunked" else {
      throw Problem(
        .unknownCoding, "The only supported Transfer-Encoding is chunked.",
        message: "알 수 없는 Transfer-Encoding입니다.")
    }
    guard codings.isEmpty || !isOld else {
      throw Problem(
        .unreadableRequest, "HTTP/1.0 has no Transfer-Encoding.",
        message: "HTTP/1.0에는 Transfer-Encoding이 없습니다.")
    }
    let expected = headers[canonicalForm: "expect"]
    guard expected.allSatisfy({ $0.lowercased() == "100-continue" }) else {
      throw Problem(
        .unknownExpectation, "The only supported Expect is 100-continue.",
        message: "알 수 없는 Expect입니다.")
    }
    try normalizeHost()
  }

  /// Ensures that there is exactly one valid Host and that the target is a path.
  private mutating func normalizeHost() throws(Problem) {
    let hosts = headers[canonicalForm: "host"]
    guard hosts.count == 1 || hosts.isEmpty && isOld else {
      throw Problem(
        .badHost, "A request must have exactly one Host; this one has \(hosts.count).",
        message: "요청에는 Host가 하나 있어야 합니다.")
    }
    if uri == "*", method == .OPTIONS { uri = "/" }
    if !uri.hasPrefix("/") {
      // `http://host/path`, whose host takes precedence over the header.
      let scheme = ["http://", "https://"].first { uri.lowercased().hasPrefix($0) }
      guard let scheme else {
        throw Problem(
          .badTarget, "The request target must begin with a slash or be an absolute http URL.",
          message: "요청의 주소가 올바르지 않습니다.")
      }
      let rest = uri.dropFirst(scheme.count)
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      headers.replaceOrAdd(name: "Host", value: String(rest[..<end]))
      uri = (rest[end...].hasPrefix("/") ? "" : "/") + rest[end...]
    }
    guard headers.first(name: "host").map({ Authority.isValid($0) }) ?? true else {
      throw Problem(
        .badHost,
        "Host must be a name or an address with an optional port, at most \(Authority.longest) bytes long.",
        message: "Host가 올바르지 않습니다."
      )
    }
  }

  /// Whether the connection ends with the answer to this request.
  var isLast: Bool {
    // NIO's parser stops after a request to upgrade to another protocol.
    !isKeepAlive || isOld || headers.contains(name: "upgrade")
  }

  /// Whether it is HTTP/1.0: NIO's parser accepts no major version but 1.
  private var isOld: Bool { version.minor == 0 }

  var hasBody: Bool {
    headers.contains(name: "content-length") || headers.contains(name: "transfer-encoding")
  }

  var contentLength: Int? { headers.first(name: "content-length").flatMap { Int($0) } }

  var expectsContinue: Bool { !isOld && headers.contains(name: "expect") }
}
