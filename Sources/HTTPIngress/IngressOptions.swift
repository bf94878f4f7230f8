import Doors
import Identity
import Keys
import Market
import Redis

/// The configuration of an ingress.
package struct IngressOptions: Sendable {
  package var host = "0.0.0.0"
  package static let usualPort = 8088
  /// The port to listen on; 0 for any free one.
  package var port = usualPort
  /// How many shards the system was created with.
  package var shards: Int
  package var redis: RedisDeployment
  /// The last restore of the data from a backup; nil if there was none.
  package var restored: Restored?
  /// The allowed CORS origins. Nil allows every origin, or none if callers have to prove who they are.
  package var allowedOrigins: [String]?
  /// The base URL by which clients reach this server; nil takes it from each request.
  package var baseURL: BaseURL?
  /// The proxies before this server whose forwarded headers are trusted.
  package var trustedProxies: [AddressRange] = []
  /// The folder of a front end to serve besides the API; nil for none.
  package var frontEnd: String?
  /// How long a write waits for its outcome if the client does not say.
  package var wait = Duration.seconds(2)
  /// How many entries a worker can be behind in a shard before the shard admits no more commands.
  package var backlogLimit = ShardBacklog.usualLimit
  /// Verifies the tokens of callers; nil if authentication is off, so that anybody may do anything.
  package var identity: TokenVerifier?
  /// Whether callers have to prove who they are.
  package var requiresIdentity: Bool { identity != nil }
  /// How many reservations of a user can wait; nil for any number. Counts only where authentication is on.
  package var waitingLimit: Int?
  /// Whether only one reservation of a user can wait for a product. Counts only where authentication is on.
  package var limitsLine = true
  /// Makes the codes by which deals are confirmed, as the trade workers do; nil if there are none.
  package var codes: HandoverCodes?
  /// Limits on what clients can cost.
  package var limits = ServerLimits()
  /// How much each caller can ask for in a minute; 0 for no limit.
  package var readsPerMinute = 0
  package var writesPerMinute = 0
  /// Whether health and metrics are served besides the API; not if they have a port of their own.
  package var servesHealth = true

  /// Returns the body of `GET /metrics`; nil for no such route.
  package var metrics: (@Sendable () -> String)?

  package init(shards: Int, redis: RedisDeployment) {
    self.shards = shards
    self.redis = redis
  }
}
