/// An error from Redis or the connection to it, with a message that an operator can act on.
public struct RedisError: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable, Equatable {
    /// The URL is invalid.
    case badURL
    /// No connection, or it broke. Whether the last commands ran is unknown.
    case unavailable
    /// No reply in time. Whether the last commands ran is unknown.
    case timeout
    /// Too many commands are waiting.
    case overloaded
    /// No encrypted connection to a server that the settings trust, or a file of the settings cannot be read.
    case untrusted
    /// Redis returned an error reply.
    case refused(kind: Kind)
    /// A reply of a form that the command never returns.
    case unexpectedReply
    /// Replies with more bytes than the caller accepts. The connection stopped in the middle of them.
    case replyTooLarge
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Creates an error from an error reply.
  init(reply text: String) {
    let kind = text.prefix { $0 != " " }
    self.init(.refused(kind: Kind(rawValue: String(kind))), text)
  }

  /// Whether the same call can succeed later without intervention.
  public var canRetry: Bool {
    switch code {
    case .unavailable, .timeout, .overloaded: true
    case .refused(let kind): Self.passing.contains(kind)
    case .badURL, .untrusted, .unexpectedReply, .replyTooLarge: false
    }
  }

  /// Whether the connection is unusable: it broke, or its server is not, or not yet, the primary.
  ///
  /// A demoted primary still answers reads, with stale data, so a client that stays connected works in vain.
  /// A new connection resolves the name again, which leads to the new primary by then.
  public var endsConnection: Bool {
    switch code {
    case .unavailable, .timeout, .untrusted, .replyTooLarge: true
    case .refused(let kind): Self.demotions.contains(kind)
    case .badURL, .overloaded, .unexpectedReply: false
    }
  }

  /// Errors that only a server returns which is a replica, has just become one, or is loading its data.
  private static let demotions: Set<Kind> = [.readOnly, .unblocked, .loading, .masterDown]

  /// Errors that pass by themselves: the server is starting, failing over or short of memory, or the
  /// slot is moving.
  private static let passing: Set<Kind> = [
    .loading, .busy, .masterDown, .readOnly, .outOfMemory, .misconfigured, .tryAgain, .clusterDown,
    .noReplicas, .noScript, .unblocked, .moved, .ask,
  ]

  public var description: String { message }
}
