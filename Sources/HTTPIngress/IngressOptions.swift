import Doors
import Redis

/// How a gateway is set up.
public struct IngressOptions: Sendable {
  public var host = "0.0.0.0"
  /// 0 takes any free port.
  public var port = 8088
  /// How many shards the system was made with.
  public var shards: Int
  public var redis: RedisURL
  /// The origins whose pages may call; nil for every origin.
  public var allowedOrigins: [String]?
  /// Where clients see this server; what their calls say if nil.
  public var site: BaseURL?
  /// Whose word on that counts: proxies that stand before this server.
  public var trustedProxies: [AddressRange] = []
  /// The folder of a front end to serve besides the API; none if nil.
  public var frontEnd: String?
  /// How long a write waits for its outcome where the client does not say.
  public var wait = Duration.seconds(2)
  /// How many entries a worker may be behind in a shard before the shard takes nothing more in.
  public var backlogLimit = ShardBacklog.usualLimit
  /// What one client may cost.
  public var limits = ServerLimits()

  /// What `GET /metrics` answers; no such route if nil.
  public var metrics: (@Sendable () -> String)?

  public init(shards: Int, redis: RedisURL) {
    self.shards = shards
    self.redis = redis
  }
}
