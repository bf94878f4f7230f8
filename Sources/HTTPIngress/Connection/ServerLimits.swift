/// What one client may cost a server.
public struct ServerLimits: Sendable {
  /// How many connections may be open at once; one more is answered with a 503 and closed.
  public var connections = 1000
  /// How many bytes the request line and the headers may have together.
  public var headerBytes = 16 * 1024
  /// How many bytes a request's target may have.
  public var targetBytes = 8 * 1024
  /// The largest body, in bytes.
  public var bodyBytes = 64 * 1024
  /// How long a whole body may take to come.
  public var bodyTimeout = Duration.seconds(10)
  /// How long a client may be silent between requests, or in the head of one.
  public var idleTimeout = Duration.seconds(30)
  /// How long a client may leave an answer unread: in that time it must take all of it, or `answerBytes` more.
  public var answerTimeout = Duration.seconds(10)
  public var answerBytes = 64 * 1024
  /// How long a connection that was told to close may stay, so that its last answer still arrives.
  public var farewell = Duration.seconds(2)

  public init() {}
}
