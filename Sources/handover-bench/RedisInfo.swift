import Redis

/// A snapshot of `INFO`.
struct RedisInfo {
  /// The calls of one command, and their time in microseconds.
  struct Use: Codable, Sendable {
    var calls = 0
    var microseconds = 0
  }

  /// The values of each server.
  private var servers: [[Substring: Substring]] = []
  private(set) var commands: [String: Use] = [:]

  init(_ redis: any RedisLink) throws(RedisError) {
    let texts = try redis.eachMaster { (_, server) throws(RedisError) in
      try server.call("INFO", "everything").string ?? ""
    }
    for text in texts {
      var values: [Substring: Substring] = [:]
      for line in text.split(whereSeparator: \.isNewline) {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { continue }
        values[parts[0]] = parts[1]
        guard parts[0].hasPrefix("cmdstat_") else { continue }
        let command = String(parts[0].dropFirst(8))
        commands[command, default: Use()].calls += Self.number("calls", in: parts[1])
        commands[command, default: Use()].microseconds += Self.number("usec", in: parts[1])
      }
      servers.append(values)
    }
  }

  /// Returns a number from any section, the sum of all servers; 0 if there is none.
  func number(_ name: String) -> Double {
    servers.reduce(0) { sum, values in sum + (values[name[...]].flatMap { Double($0) } ?? 0) }
  }

  /// Returns a percentile of a command's time inside Redis since the statistics were reset, in microseconds: that
  /// of the slowest server.
  func percentile(_ percentile: String, of command: String) -> Double {
    let all = servers.map { values in
      let text = values["latency_percentiles_usec_\(command)"] ?? ""
      let part = text.split(separator: ",").first { $0.hasPrefix("\(percentile)=") }
      return part.flatMap { Double($0.dropFirst(percentile.count + 1)) } ?? 0
    }
    return all.max() ?? 0
  }

  var processID: Int32 { Int32(number("process_id")) }
  var cpuSeconds: Double { number("used_cpu_user") + number("used_cpu_sys") }
  var memory: Double { number("used_memory") }

  private static func number(_ name: String, in text: Substring) -> Int {
    let part = text.split(separator: ",").first { $0.hasPrefix("\(name)=") }
    return part.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
  }
}

extension RedisLink {
  /// Resets the statistics of all servers.
  func resetStatistics() throws(RedisError) {
    _ = try eachMaster { (_, server) throws(RedisError) in try server.call("CONFIG", "RESETSTAT") }
  }
}
