/// What one client may cost a server.
package struct ServerLimits: Sendable {
  /// How many connections may be open at once; one more is answered with a 503 and closed.
  package var connections = 1000
  /// How many bytes the request line and the headers may have together.
  package var headerBytes = 16 * 1024
  /// How many bytes a request's target may have.
  package var targetBytes = 8 * 1024
  /// The largest body, in bytes.
  package var bodyBytes = 64 * 1024
  /// How long a whole body may take to come.
  package var bodyTimeout = Duration.seconds(10)
  /// How long a client may be silent between requests, or in the head of one.
  package var idleTimeout = Duration.seconds(30)
  /// How long a client may leave an answer unread: in that time it must take all of it, or `answerBytes` more.
  package var answerTimeout = Duration.seconds(10)
  package var answerBytes = 64 * 1024
  /// How long a connection that was told to close may stay, so that its last answer still arrives.
  package var farewell = Duration.seconds(2)

  package init() {}
}
