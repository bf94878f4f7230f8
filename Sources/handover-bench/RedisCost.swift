import Runtime

/// The cost of a piece of work in Redis.
struct RedisCost: Codable, Sendable {
  /// The share of one command. Commands called by a script are also included in the script's time.
  struct Share: Codable, Sendable {
    let command: String
    let calls: Int
    let microseconds: Int
  }

  /// The CPU time of the whole process, including socket I/O.
  let cpuSeconds: Double
  /// The growth of the data.
  let memoryBytes: Double
  /// The growth of the append-only file.
  let logBytes: Double
  /// The time inside commands only, the most expensive first.
  let shares: [Share]

  init(from start: RedisInfo, to end: RedisInfo) {
    cpuSeconds = end.cpuSeconds - start.cpuSeconds
    memoryBytes = end.memory - start.memory
    logBytes = end.number("aof_current_size") - start.number("aof_current_size")
    shares = end.commands.map { command, use in
      let before = start.commands[command] ?? RedisInfo.Use()
      return Share(
        command: command, calls: use.calls - before.calls,
        microseconds: use.microseconds - before.microseconds)
    }.filter { $0.calls > 0 }.sorted { ($0.microseconds, $1.command) > ($1.microseconds, $0.command) }
  }

  /// Returns a row for each command that took at least a hundredth of a microsecond per unit of work.
  func table(per unit: String, count: Int) -> TextTable {
    var table = TextTable("command", "calls/\(unit)", "µs/call", "µs/\(unit)", alignsNumbers: true)
    for share in shares where Double(share.microseconds) / Double(count) >= 0.01 {
      table.add(
        share.command, decimal(Double(share.calls) / Double(count), 3),
        decimal(Double(share.microseconds) / Double(share.calls), 2),
        decimal(Double(share.microseconds) / Double(count), 2))
    }
    return table
  }
}
