/// What went wrong with Redis, in a sentence a person can act on.
public struct RedisError: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable, Equatable {
    /// The URL cannot be read.
    case badURL
    /// No connection, or it broke: whether the last commands ran is not known.
    case unavailable
    /// No answer in time: whether the last commands ran is not known.
    case timeout
    /// More commands wait than the client takes.
    case overloaded
    /// Redis answered with an error reply; `kind` is its first word (`NOSCRIPT`, `OOM`, `FENCED` …).
    case refused(kind: String)
    /// A reply of a shape that the command never gives.
    case unexpectedReply
    /// Replies that hold more bytes than the caller takes: the connection was left in the middle of them.
    case replyTooLarge
    /// What was asked for is not there, or not what this system writes.
    case missing
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// An error reply of the server, as a value.
  init(reply text: String) {
    let kind = text.prefix { $0 != " " }
    self.init(.refused(kind: String(kind)), text)
  }

  /// Whether the same call can succeed later without anybody changing anything.
  public var canRetry: Bool {
    switch code {
    case .unavailable, .timeout, .overloaded: true
    case .refused(let kind): Self.passing.contains(kind)
    case .badURL, .unexpectedReply, .replyTooLarge, .missing: false
    }
  }

  /// Whether the connection is of no more use: it broke, or its server is no primary, or not yet one again.
  ///
  /// A primary that was demoted goes on answering reads, with what grows old: whoever stays connected to it works
  /// for nothing. A new connection asks the name service again, which by then knows the new primary.
  public var endsConnection: Bool {
    switch code {
    case .unavailable, .timeout, .replyTooLarge: true
    case .refused(let kind): Self.demotions.contains(kind)
    case .badURL, .overloaded, .unexpectedReply, .missing: false
    }
  }

  /// What only a server answers that is a replica, has just become one, or loads its data.
  private static let demotions: Set<String> = ["READONLY", "UNBLOCKED", "LOADING", "MASTERDOWN"]

  /// Error replies that pass by themselves: a server that starts, fails over or is short of memory.
  private static let passing: Set<String> = [
    "LOADING", "BUSY", "MASTERDOWN", "READONLY", "OOM", "MISCONF", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS",
    "NOSCRIPT", "UNBLOCKED",
  ]

  public var description: String { message }
}
