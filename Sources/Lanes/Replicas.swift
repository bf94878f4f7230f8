import Redis

/// Which release a process is of, and the highest format of the data that it reads.
public struct Build: Hashable, Sendable {
  public let reads: Int
  /// Without spaces.
  public let release: String

  public init(reads: Int, release: String) {
    self.reads = reads
    self.release = release
  }
}

/// A living process of a worker, or of the ingress, as it registers in Redis.
public struct Replica: Hashable, Sendable {
  /// Unique among all replicas; without spaces.
  public let name: String
  /// Nil for releases that do not tell it.
  public let build: Build?

  public init(name: String, build: Build?) {
    self.name = name
    self.build = build
  }

  /// - Parameter member: The member of the sorted set of replicas: the name, then what it reads and its release.
  public init(member: String) {
    let words = member.split(separator: " ").map(String.init)
    let reads = words.count > 2 ? Int(words[1]) : nil
    self.init(name: words.first ?? "", build: reads.map { Build(reads: $0, release: words[2]) })
  }

  var member: String { build.map { "\(name) \($0.reads) \($0.release)" } ?? name }

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
