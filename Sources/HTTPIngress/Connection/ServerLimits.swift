/// Limits on what clients can cost a server.
package struct ServerLimits: Sendable {
  /// The most open connections; one more is answered with a 503 and closed.
  package var connections = 1000
  /// The most open connections of one client that is no trusted proxy; one more is answered with a 429 and closed. 0
  /// for no limit.
  package var connectionsPerClient = 0
  /// The largest request line and headers together, in bytes.
  package var headerBytes = 16 * 1024
  /// The longest request target, in bytes.
  package var targetBytes = 8 * 1024
  /// The largest body, in bytes.
  package var bodyBytes = 64 * 1024
  /// The time within which a whole body must arrive.
  package var bodyTimeout = Duration.seconds(10)
  /// The time within which the next request's whole head must arrive, and after which an idle connection is closed.
  package var idleTimeout = Duration.seconds(30)
  /// The time within which a client must read all of an answer, or `answerBytes` more of it.
  package var answerTimeout = Duration.seconds(10)
  package var answerBytes = 64 * 1024
  /// The most open streams of notices of one user.
  package var streamsPerUser = 5
  /// The most open streams of notices in all: they last, so they leave connections for everything else.
  package var streams: Int { connections * 3 / 4 }
  /// How often something is sent on a stream that has nothing to tell.
  package var keepAlive = Duration.seconds(15)
  /// How long a closing connection stays open so that its last answer still arrives.
  package var farewell = Duration.seconds(2)

  package init() {}
}
