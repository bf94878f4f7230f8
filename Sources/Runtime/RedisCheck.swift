import Redis

/// Checks that every server of a deployment lets the system keep its guarantees.
enum RedisCheck {
  /// Returns problems that do not stop the system: what, why, and what to do. Throws `StartError` if a server
  /// is unsuitable.
  ///
  /// - Parameter readsConfiguration: Whether this Redis user may read the servers' configuration.
  static func warnings(about redis: RedisDeployment, readsConfiguration: Bool) throws -> [String] {
    var warnings: [String] = []
    let servers = try redis.connect().eachMaster { (node, connection) throws(RedisError) in
      Server(
        name: node.map { "\($0): " } ?? "", info: try connection.call("INFO", "everything"),
        longestValue: readsConfiguration
          ? try connection.setting("proto-max-bulk-len").flatMap { Int($0) } : nil,
        needsFullCoverage: readsConfiguration
          ? try connection.setting("cluster-require-full-coverage") == "yes" : false)
    }
    for server in servers { warnings += try server.warnings() }
    guard case .cluster(let cluster) = redis else { return warnings }
    for master in cluster.masters where cluster.replicas[master, default: 0] == 0 {
      warnings.append("\(master) has no replica: while it is away, so are its deals. Give it one.")
    }
    if servers.contains(where: \.needsFullCoverage) {
      warnings.append(
        """
        While one master is away, all others refuse everything (cluster-require-full-coverage yes): set it to \
        no on every node, and only the deals of that master wait.
        """)
    }
    return warnings
  }

  /// What one server says about itself.
  private struct Server {
    /// Larger than what `compose/redis/redis.conf` allows.
    private static let most = 32 << 20

    /// Its address and a colon, if there are several servers.
    let name: String
    let info: Reply
    let longestValue: Int?
    let needsFullCoverage: Bool

    func warnings() throws(StartError) -> [String] {
      let version = info.fact("redis_version") ?? "?"
      guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 7 else {
        throw StartError(
          "\(name)Redis \(version) is too old: ENTRIESREAD of consumer groups needs 7.0. Use Redis 7.0 or later."
        )
      }
      let isCluster = info.fact("cluster_enabled") == "1"
      if info.fact("role") == "slave", !isCluster {
        throw StartError(
          "This Redis is a read-only replica of \(info.fact("master_host") ?? "another"). Point HANDOVER_REDIS_URL at its primary."
        )
      }
      if isCluster, name.isEmpty {
        throw StartError(
          "This Redis is a node of a cluster, which is not reached by a socket or by sentinels: name its hosts in HANDOVER_REDIS_URL."
        )
      }
      let policy = info.fact("maxmemory_policy") ?? "noeviction"
      if policy != "noeviction" {
        throw StartError(
          """
          \(name)Redis may evict keys (maxmemory-policy \(policy)), which would silently lose deals. \
          Set it to noeviction: then a full Redis refuses new work instead.
          """)
      }
      var warnings: [String] = []
      if info.fact("aof_enabled") == "0" {
        warnings.append(
          "\(name)Redis keeps no append-only file, so a crash of Redis loses deals: set appendonly yes (appendfsync always to lose nothing)."
        )
      }
      if let longestValue, longestValue > Self.most {
        warnings.append(
          """
          \(name)Redis accepts values of up to \(longestValue) bytes, so one entry in an inlet can fill its memory: \
          set proto-max-bulk-len 32mb and client-query-buffer-limit 64mb.
          """)
      }
      return warnings
    }
  }
}

extension RedisConnection {
  /// Returns a setting of the server; nil if it may not be read, or does not exist.
  fileprivate func setting(_ name: String) throws(RedisError) -> String? {
    try exchange(Commands("CONFIG", "GET", name))[0][1]?.string
  }
}
