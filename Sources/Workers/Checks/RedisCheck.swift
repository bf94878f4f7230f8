import Redis

/// Checks that every server of a deployment lets the system keep its guarantees. Every process does before it starts.
package enum RedisCheck {
  /// Larger than what `compose/redis/redis.conf` allows.
  private static let longestValue = 32 << 20

  /// Returns what was found on the servers of a deployment. Throws if one of them does not answer.
  ///
  /// - Parameter readsConfiguration: Whether this Redis user may read the servers' configuration.
  package static func findings(
    on redis: RedisDeployment, readsConfiguration: Bool
  ) throws(RedisError) -> [Finding] {
    let servers = try redis.connect().eachMaster { (node, connection) throws(RedisError) in
      try RedisServer(node, connection, readsConfiguration: readsConfiguration)
    }
    return findings(on: servers, of: redis)
  }

  /// Returns what was found on servers that were asked already.
  package static func findings(on servers: [RedisServer], of redis: RedisDeployment) -> [Finding] {
    var findings = servers.flatMap { server in
      [version, role, eviction, persistence, values].compactMap { check in check(server) }
    }
    guard case .cluster(let cluster) = redis else { return findings }
    for master in cluster.masters where cluster.replicas[master, default: 0] == 0 {
      findings.append(
        Finding(
          .warning, "replicas", "\(master) has no replica: while it is away, so are its deals.",
          remedy: "Give it one."))
    }
    if servers.contains(where: { $0.settings?["cluster-require-full-coverage"] == "yes" }) {
      findings.append(
        Finding(
          .warning, "cluster",
          "While one master is away, all others refuse everything (cluster-require-full-coverage yes).",
          remedy: "Set it to no on every node, and only the deals of that master wait."))
    }
    return findings
  }

  private static func version(_ server: RedisServer) -> Finding {
    let version = server.info.fact("redis_version") ?? "?"
    guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 7 else {
      return .obstacle(
        "version",
        "\(server.prefix)Redis \(version) is too old: ENTRIESREAD of consumer groups needs 7.0.",
        remedy: "Use Redis 7.0 or later.")
    }
    let name = server.info.fact("valkey_version").map { "Valkey \($0)" } ?? "Redis \(version)"
    return Finding(.ok, "version", "\(server.prefix)\(name)")
  }

  private static func role(_ server: RedisServer) -> Finding? {
    let isCluster = server.info.fact("cluster_enabled") == "1"
    if isCluster, server.node == nil {
      return .obstacle(
        "role",
        "This Redis is a node of a cluster, which is not reached by a socket or by sentinels.",
        remedy: "Name its hosts in HANDOVER_REDIS_URL.")
    }
    if isCluster { return nil }
    if server.info.fact("role") == "slave" {
      let primary = server.info.fact("master_host") ?? "another"
      return .obstacle(
        "role", "This Redis is a read-only replica of \(primary).",
        remedy: "Point HANDOVER_REDIS_URL at its primary.")
    }
    return Finding(.ok, "role", "It is the primary.")
  }

  private static func eviction(_ server: RedisServer) -> Finding {
    let policy = server.info.fact("maxmemory_policy") ?? "noeviction"
    guard policy != "noeviction" else {
      return Finding(.ok, "eviction", "\(server.prefix)A full Redis evicts nothing (noeviction).")
    }
    return .obstacle(
      "eviction",
      """
      \(server.prefix)Redis may evict keys (maxmemory-policy \(policy)), which would silently lose deals.
      """,
      remedy: "Set it to noeviction: then a full Redis refuses new work instead.")
  }

  private static func persistence(_ server: RedisServer) -> Finding {
    guard server.info.fact("aof_enabled") == "0" else {
      return Finding(.ok, "persistence", "\(server.prefix)It keeps an append-only file.")
    }
    return Finding(
      .problem, "persistence",
      "\(server.prefix)Redis keeps no append-only file, so a crash of Redis loses deals.",
      remedy: "Set appendonly yes (appendfsync always to lose nothing).")
  }

  private static func values(_ server: RedisServer) -> Finding? {
    guard let longest = server.settings?["proto-max-bulk-len"].flatMap({ Int($0) }), longest > longestValue
    else { return nil }
    return Finding(
      .warning, "values",
      """
      \(server.prefix)Redis accepts values of up to \(longest) bytes, so one entry in an inlet can fill its memory.
      """,
      remedy: "Set proto-max-bulk-len 32mb and client-query-buffer-limit 64mb.")
  }
}
