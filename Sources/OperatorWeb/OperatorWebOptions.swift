import Operations
import Redis

/// How the operator's page is served.
package struct OperatorWebOptions: Sendable {
  package static let usualPort = 8089

  /// Where Redis is. It need not be there yet.
  package var redis: RedisURL
  /// How many shards there are, in case the node of a cluster that knows it is away.
  package var shards: Int?
  package var host = "127.0.0.1"
  package var port = usualPort
  /// Whether dead letters can be replayed and dropped. Otherwise there are no routes for that.
  package var allowsActions = false
  /// Who may sign in; nil if nobody has to, which only loopback addresses allow.
  package var passwords: Passwords?
  /// Who operates if nobody signs in.
  package var author = OperatorLog.Operator.ofThisProcess(by: "web")

  package init(redis: RedisURL) { self.redis = redis }

  /// Whether a host only leads to this machine.
  package static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    return host == "localhost" || host == "::1" || host == "[::1]"
      || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
  }
}
