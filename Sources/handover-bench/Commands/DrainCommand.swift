import ArgumentParser
import Foundation
import Runtime

/// Measures one worker with a backlog.
struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Measures how fast the reservation worker empties its command streams.")

  @Option(help: "The number of waiting Reserve commands.")
  var entries = 200_000
  @Option(help: "The maximum number of entries in a batch.")
  var batch = 256
  @Option(help: "The number of shards over which the commands are distributed.")
  var shards = 8
  @Option(help: "The number of masters of a private cluster; one Redis if not given.")
  var masters: Int?
  @Option(help: "The number of replicas of the worker, each on its own thread.")
  var threads = 2
  @Flag(help: "Prints one line of JSON.")
  var json = false

  func validate() throws {
    try BenchTool.check(entries, "--entries", in: 1...10_000_000)
    try BenchTool.check(shards, "--shards", in: 1...1024)
    if let masters { try BenchTool.check(masters, "--masters", in: 1...BenchServers.mostMasters) }
  }

  func run() async throws {
    let machine = Machine()
    let drain = Drain(batch: batch, threads: threads)
    let (entries, shards, masters) = (entries, shards, masters)
    let result = try await BenchTool.measure {
      try drain.run(entries: entries, shards: shards, masters: masters)
    }
    if json { return try printJSON(machine, result) }
    let count = Double(result.entries)
    let (workerMicros, redisMicros) = (result.workerCPU / count * 1e6, result.redis.cpuSeconds / count * 1e6)
    print(machine.line)
    let servers = masters.map { "a cluster of \($0) masters" } ?? "one Redis"
    print(
      "drain: \(entries) entries, batch \(batch), \(shards) shards, \(threads) threads, \(servers)\n")
    var table = TextTable("", "figure", alignsNumbers: true)
    table.add("entries/s, to the end of every stream", decimal(result.entriesPerSecond))
    table.add("entries/s, to the last decision", decimal(result.decidedPerSecond))
    table.add("worker CPU, µs/entry", decimal(workerMicros, 2))
    table.add("Redis CPU, µs/entry", decimal(redisMicros, 2))
    table.add("worker CPU / Redis CPU", decimal(workerMicros / redisMicros, 2))
    table.add("commit p99 in Redis, µs", decimal(result.commitP99))
    table.add("memory, bytes/entry", decimal(result.redis.memoryBytes / count))
    print(table, "\n")
    print(result.redis.table(per: "entry", count: result.entries))
  }

  private func printJSON(_ machine: Machine, _ result: Drain.Result) throws {
    struct Report: Encodable {
      let machine: Machine
      let batch, shards, threads: Int
      let entriesPerSecond, decidedPerSecond: Double
      let result: Drain.Result
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let report = Report(
      machine: machine, batch: batch, shards: shards, threads: threads,
      entriesPerSecond: result.entriesPerSecond.rounded(),
      decidedPerSecond: result.decidedPerSecond.rounded(),
      result: result)
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }
}
