import Redis

/// Checks that a Redis server lets the system keep its guarantees.
struct RedisCheck {
  /// Problems that do not stop the system: what, why, and what to do.
  private(set) var warnings: [String] = []

  /// Throws `StartError` if the server is unsuitable.
  init(_ connection: RedisConnection) throws {
    let facts = Self.facts(try connection.call("INFO", "everything").string ?? "")
    let version = facts["redis_version"] ?? "?"
    guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 7 else {
      throw StartError(
        "Redis \(version) is too old: ENTRIESREAD of consumer groups needs 7.0. Use Redis 7.0 or later."
      )
    }
    if facts["role"] == "slave" {
      throw StartError(
        "This Redis is a read-only replica of \(facts["master_host"] ?? "another"). Point HANDOVER_REDIS_URL at its primary."
      )
    }
    if facts["redis_mode"] == "cluster" {
      throw StartError(
        "This Redis runs in cluster mode, which is not supported. Point HANDOVER_REDIS_URL at a single primary."
      )
    }
    let policy = facts["maxmemory_policy"] ?? "noeviction"
    if policy != "noeviction" {
      throw StartError(
        """
        Redis may evict keys (maxmemory-policy \(policy)), which would silently lose deals. \
        Set it to noeviction: then a full Redis refuses new work instead.
        """)
    }
    if facts["aof_enabled"] == "0" {
      warnings.append(
        "Redis keeps no append-only file, so a crash of Redis loses deals: set appendonly yes (appendfsync always to lose nothing)."
      )
    }
  }

  /// Warns if the server accepts larger arguments than `compose/redis/redis.conf` allows. Skipped if this
  /// Redis user has no permission to read the configuration.
  mutating func checkSizes(_ connection: RedisConnection) throws(RedisError) {
    let most = 32 << 20
    let reply = try connection.exchange(Commands("CONFIG", "GET", "proto-max-bulk-len"))[0]
    guard let size = reply[1]?.integer, size > most else { return }
    warnings.append(
      """
      Redis accepts values of up to \(size) bytes, so one entry in an inlet can fill its memory: \
      set proto-max-bulk-len 32mb and client-query-buffer-limit 64mb.
      """)
  }

  private static func facts(_ info: String) -> [String: String] {
    var facts: [String: String] = [:]
    for line in info.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      facts[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    return facts
  }
}
