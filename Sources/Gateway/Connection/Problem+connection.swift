import NIOHTTP1

/// What ends a connection.
extension Problem {
  /// What NIO's parser could not read.
  init(unreadable error: HTTPParserError, _ limits: ServerLimits) {
    switch error {
    case .headerOverflow:
      self.init(
        .requestHeaderFieldsTooLarge, "headersTooLarge",
        "The request line and the headers have more than \(limits.headerBytes) bytes, or are more than 100.")
    case .invalidMethod:
      self.init(.notImplemented, "unknownMethod", "This server does not know the request's method.")
    case .invalidVersion:
      self.init(.httpVersionNotSupported, "unknownVersion", "This server speaks HTTP/1.1 and HTTP/1.0.")
    default: self.init(unreadable: "\(error)")
    }
  }

  /// A request that is no HTTP, or ended too early.
  init(unreadable why: String) {
    self.init(.badRequest, "unreadableRequest", "The request is no HTTP that this server can read: \(why).")
  }

  init(bodyTooSlow limits: ServerLimits) {
    self.init(.requestTimeout, "bodyTooSlow", "The body took longer than \(limits.bodyTimeout) to come.")
  }

  init(bodyTooLarge limits: ServerLimits) {
    self.init(
      .contentTooLarge, "bodyTooLarge",
      "The body is larger than the \(limits.bodyBytes) bytes this server takes.")
    headers[.connection] = "close"
  }
}
