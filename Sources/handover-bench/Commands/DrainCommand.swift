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
  var batch = Drain.batch
  @Option(help: "The number of shards over which the commands are distributed.")
  var shards = 8
  @Option(help: "The number of masters of a private cluster; one Redis if not given.")
  var masters: Int?
  @Option(help: "The number of replicas of the worker, each on its own thread.")
  var threads = Drain.threads
  @Flag(help: "Compares encrypted connections with plain ones, both by TCP, in turn. Needs openssl.")
  var tls = false
  @Option(help: "How many times --tls measures both.")
  var pairs = 5
  @Flag(help: "Prints one line of JSON.")
  var json = false

  func validate() throws {
    try BenchTool.check(entries, "--entries", in: 1...10_000_000)
    try BenchTool.check(shards, "--shards", in: 1...1024)
    try BenchTool.check(pairs, "--pairs", in: 1...100)
    if tls, masters != nil || json { throw ValidationError("--tls goes with neither --masters nor --json.") }
    if let masters { try BenchTool.check(masters, "--masters", in: 1...BenchServers.mostMasters) }
  }

  func run() async throws {
    let machine = Machine()
    let drain = Drain(batch: batch, threads: threads)
    let (entries, shards, masters) = (entries, shards, masters)
    if tls { return try await compare(drain, machine) }
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

  private func compare(_ drain: Drain, _ machine: Machine) async throws {
    let (entries, shards, pairs) = (entries, shards, pairs)
    let results = try await BenchTool.measure {
      try (0..<pairs).map { _ in
        try [BenchServers.Transport.port, .encryptedPort].map {
          try drain.run(entries: entries, shards: shards, transport: $0)
        }
      }
    }
    print(machine.line)
    print("drain: \(entries) entries, batch \(batch), \(shards) shards, \(threads) threads\n")
    var table = TextTable(
      "pair", "plain, entries/s", "TLS", "ratio", "worker CPU, µs/entry", "TLS", "Redis CPU, µs/entry", "TLS",
      alignsNumbers: true)
    func micros(_ seconds: Double) -> String { decimal(seconds / Double(entries) * 1e6, 2) }
    let ratios = results.map { $0[1].entriesPerSecond / $0[0].entriesPerSecond }
    for (place, (pair, ratio)) in zip(results, ratios).enumerated() {
      table.add(
        "\(place + 1)", decimal(pair[0].entriesPerSecond), decimal(pair[1].entriesPerSecond),
        decimal(ratio, 3),
        micros(pair[0].workerCPU), micros(pair[1].workerCPU), micros(pair[0].redis.cpuSeconds),
        micros(pair[1].redis.cpuSeconds))
    }
    print(table, "\n")
    print("median of the ratios: \(decimal(ratios.median, 3))")
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
