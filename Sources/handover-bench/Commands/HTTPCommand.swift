import ArgumentParser
import Runtime

/// Measures the ingress under load.
struct HTTPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "http", abstract: "Measures the ingress: latencies at a fixed rate, and its throughput.",
    discussion: """
      Latencies count from the intended start of a call, however late it was sent. The client runs on \
      the same machine: what it costs is in every figure but the servers' CPU.
      """)

  @Option(help: "The number of calls per second.")
  var rate = 500
  @Option(help: "The duration of each measurement.")
  var seconds = 10

  func validate() throws {
    try BenchTool.check(rate, "--rate", in: 1...100_000)
    try BenchTool.check(seconds, "--seconds", in: 1...3600)
  }

  func run() async throws {
    Cleanup.guardAgainstSignals()
    print(Machine().line)
    let result = try await Calls(rate: rate, for: .seconds(seconds)).run()
    print("http: \(rate) calls/s for \(seconds) s each\n")
    var table = TextTable("milliseconds", "calls", "p50", "p99", "p99.9", "max", alignsNumbers: true)
    for (what, latencies) in result.latencies {
      func milliseconds(_ percent: Double) -> String { decimal(latencies.percentile(percent) / 1000, 2) }
      table.add(
        what, "\(latencies.count)", milliseconds(50), milliseconds(99), milliseconds(99.9),
        decimal(latencies.longest / 1000, 2))
    }
    print(table, "\n")
    var turns = TextTable(
      "closed loop, respond-async, 64 connections, medians", "ratio", "calls/s", "bare calls/s",
      "ingress µs/call", "bare", "Redis", alignsNumbers: true)
    for (what, comparison) in result.comparisons {
      func microseconds(_ value: (Comparison.Pair) -> Double) -> String {
        decimal(comparison.median(value) * 1e6, 1)
      }
      turns.add(
        what, decimal(comparison.median(\.ratio), 2), decimal(comparison.median(\.ingress.callsPerSecond)),
        decimal(comparison.median(\.bare.callsPerSecond)), microseconds(\.ingress.cpuPerCall),
        microseconds(\.bare.cpuPerCall), microseconds(\.ingress.redisPerCall))
    }
    print(turns, "\n")
    for (what, comparison) in result.comparisons {
      print("\(what), ratios: " + comparison.pairs.map { decimal($0.ratio, 2) }.joined(separator: " "))
    }
  }
}
