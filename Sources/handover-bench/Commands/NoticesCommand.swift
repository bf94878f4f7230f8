import ArgumentParser
import Redis
import Runtime

/// Measures live notices.
struct NoticesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notices",
    abstract: "Measures open streams of notices: their memory, and how soon a notice reaches its user.",
    discussion: """
      Each stream is another user's. The clients run on the same machine: what they cost is in every \
      figure but the memory.
      """)

  @Option(help: "The number of open streams.")
  var streams = 1000
  @Option(help: "The number of notices per second.")
  var rate = 200
  @Option(help: "The duration of the measurement at that rate.")
  var seconds = 10

  func validate() throws {
    try BenchTool.check(streams, "--streams", in: 1...9000)
    try BenchTool.check(rate, "--rate", in: 1...10_000)
    try BenchTool.check(seconds, "--seconds", in: 1...3600)
  }

  func run() async throws {
    Cleanup.guardAgainstSignals()
    print(Machine().line)
    let result = try await NoticeStreams(streams, rate: rate, for: .seconds(seconds)).run()
    print("\(streams) open streams\n")
    let megabytes = Double(result.memory) / 1_000_000
    print(
      "memory of the ingress: \(decimal(megabytes, 1)) MB more, \(decimal(megabytes * 1000 / Double(streams), 1)) kB each"
    )
    print("stopped within \(decimal(result.stop.seconds, 2)) s of the signal\n")
    var table = TextTable("milliseconds", "notices", "p50", "p99", "max", alignsNumbers: true)
    for (what, latencies) in [
      ("\(rate) a second", result.steady), ("one to each user at once", result.bursts),
    ] {
      table.add(
        what, "\(latencies.count)", decimal(latencies.percentile(50) / 1000, 2),
        decimal(latencies.percentile(99) / 1000, 2), decimal(latencies.longest / 1000, 2))
    }
    print(table)
  }
}
