import Doors
import Redis

/// How a gateway is set up.
package struct IngressOptions: Sendable {
  package var host = "0.0.0.0"
  /// 0 takes any free port.
  package var port = 8088
  /// How many shards the system was made with.
  package var shards: Int
  package var redis: RedisURL
  /// The origins whose pages may call; nil for every origin.
  package var allowedOrigins: [String]?
  /// Where clients see this server; what their calls say if nil.
  package var site: BaseURL?
  /// Whose word on that counts: proxies that stand before this server.
  package var trustedProxies: [AddressRange] = []
  /// The folder of a front end to serve besides the API; none if nil.
  package var frontEnd: String?
  /// How long a write waits for its outcome where the client does not say.
  package var wait = Duration.seconds(2)
  /// How many entries a worker may be behind in a shard before the shard takes nothing more in.
  package var backlogLimit = ShardBacklog.usualLimit
  /// What one client may cost.
  package var limits = ServerLimits()

  /// What `GET /metrics` answers; no such route if nil.
  package var metrics: (@Sendable () -> String)?

  package init(shards: Int, redis: RedisURL) {
    self.shards = shards
    self.redis = redis
  }
}
