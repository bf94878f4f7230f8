import Redis

/// A living process of a worker, or of the ingress, as it registers in Redis.
public struct Replica: Hashable, Sendable {
  /// Unique among all replicas; without spaces.
  public let name: String
  /// What it tells the others of itself; empty if nothing.
  public let note: String

  public init(name: String, note: String) {
    self.name = name
    self.note = note
  }

  /// - Parameter member: The member of the sorted set of replicas: the name, then the note.
  init(member: String) {
    let parts = member.split(separator: " ", maxSplits: 1)
    self.init(name: parts.first.map(String.init) ?? "", note: parts.count > 1 ? String(parts[1]) : "")
  }

  var member: String { note.isEmpty ? name : "\(name) \(note)" }

  /// Registers it as alive for a while, and returns all living replicas of the same worker, sorted.
  @discardableResult
  public func join(
    _ worker: String, for lifetime: Duration, over link: any RedisLink
  ) throws(RedisError) -> [Replica] {
    try link.evaluate(
      Lease.join, keys: [LaneName.replicas(of: worker)], member, "\(lifetime.milliseconds)"
    ).compactMap(\.string).map(Replica.init(member:))
  }

  /// Ends its registration.
  public func leave(_ worker: String, over link: any RedisLink) throws(RedisError) {
    try link.call("ZREM", LaneName.replicas(of: worker), member)
  }

  /// Returns the replicas of a worker that are alive, without registering.
  public static func living(
    of worker: String, over link: any RedisLink
  ) throws(RedisError) -> [Replica] {
    let key = LaneName.replicas(of: worker)
    return try link.on(key) { (server) throws(RedisError) in
      let time = try server.call("TIME")
      let now = (time[0]?.integer ?? 0) * 1000 + (time[1]?.integer ?? 0) / 1000
      return try server.call("ZRANGE", key, "\(now)", "+inf", "BYSCORE").compactMap(\.string)
        .map(Replica.init(member:))
    }
  }
}
