import Redis

extension RedisConnection {
  /// Returns how often the server has run a command, also in scripts, since its statistics began.
  package func calls(of command: String) throws -> Int {
    let stats = try call("INFO", "commandstats").string ?? ""
    let head = "cmdstat_\(command):calls="
    let line = stats.split(separator: "\r\n").first { $0.hasPrefix(head) }
    return line.flatMap { Int($0.dropFirst(head.count).prefix { $0 != "," }) } ?? 0
  }
}
