import ArgumentParser

/// Measures the drain as everything grows.
struct GrowthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth", abstract: "Measures the drain with more backlog, more history and more shards.")

  @Option(help: "The largest backlog; a million entries need about 2 GB in Redis.")
  var limit = 1_000_000
  @Option(help: "The maximum number of entries in a batch.")
  var batch = Drain.batch
  @Option(help: "The number of replicas of the worker, each on its own thread.")
  var threads = Drain.threads

  func validate() throws { try BenchTool.check(limit, "--limit", in: 10_000...1_000_000) }

  func run() async throws {
    print(Machine().line, "\n")
    let growth = Growth(Drain(batch: batch, threads: threads), limit: limit)
    let result = try await BenchTool.measure { try growth.run { print($0) } }
    print(result.table, "\n")
    let ratios = result.historyRatios.sorted()
    print(
      "behind the long history, relative to the short one: median \(decimal(ratios.median, 2)) of",
      ratios.map { decimal($0, 2) }.joined(separator: " "))
  }
}
