/// What a stretch of work cost Redis.
struct RedisCost: Codable, Sendable {
  /// One command's share, or one of a script: those count in their script's time as well.
  struct Share: Codable, Sendable {
    let command: String
    let calls: Int
    let microseconds: Int
  }

  /// The whole process, reading and writing of sockets included.
  let cpuSeconds: Double
  /// The growth of the data.
  let memoryBytes: Double
  /// Of the append-only file.
  let logBytes: Double
  /// Inside commands only, the dearest first.
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

  /// A row for every command that took at least a hundredth of a microsecond per unit of work.
  func table(per unit: String, count: Int) -> Table {
    var table = Table("command", "calls/\(unit)", "µs/call", "µs/\(unit)")
    for share in shares where Double(share.microseconds) / Double(count) >= 0.01 {
      table.add(
        share.command, decimal(Double(share.calls) / Double(count), 3),
        decimal(Double(share.microseconds) / Double(share.calls), 2),
        decimal(Double(share.microseconds) / Double(count), 2))
    }
    return table
  }
}
