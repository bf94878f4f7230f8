import NIOHTTP1

/// Problems that end a connection.
extension Problem {
  /// A request that NIO's parser rejected.
  init(unreadable error: HTTPParserError, _ limits: ServerLimits) {
    switch error {
    case .headerOverflow:
      self.init(
        .headersTooLarge,
        "The request line and headers exceed \(limits.headerBytes) bytes, or 100 headers.",
        message: "요청의 헤더가 너무 큽니다.")
    case .invalidMethod:
      self.init(
        .unknownMethod, "This server does not support the request's method.",
        message: "알 수 없는 메서드입니다.")
    case .invalidVersion:
      self.init(
        .unknownVersion, "This server supports only HTTP/1.1 and HTTP/1.0.",
        message: "HTTP/1.1과 HTTP/1.0만 쓸 수 있습니다.")
    default: self.init(unreadable: "\(error)")
    }
  }

  /// A request that is not valid HTTP, or that ended early.
  init(unreadable why: String) {
    self.init(
      .unreadableRequest, "The request is not valid HTTP: \(why).",
      message: "읽을 수 없는 요청입니다.")
  }

  static var tooManyConnections: Problem {
    .passing(
      .tooManyConnections, "This server is at its connection limit.",
      message: "연결이 너무 많습니다. 잠시 뒤에 다시 시도해 주세요.")
  }

  static var tooManyConnectionsOfClient: Problem {
    var problem = Problem.passing(
      .tooManyConnections, "There are too many connections from this address.",
      message: "이 주소에서 연 연결이 너무 많습니다. 잠시 뒤에 다시 시도해 주세요.")
    problem.status = .tooManyRequests
    return problem
  }

  init(bodyTooSlow limits: ServerLimits) {
    self.init(
      .bodyTooSlow, "The body took longer than \(limits.bodyTimeout) to arrive.",
      message: "요청의 본문이 제때 오지 않았습니다.")
  }

  init(bodyTooLarge limits: ServerLimits) {
    self.init(
      .bodyTooLarge,
      "The body is larger than the \(limits.bodyBytes) bytes this server accepts.",
      message: "요청의 본문이 너무 큽니다.")
    headers[.connection] = "close"
  }
}
