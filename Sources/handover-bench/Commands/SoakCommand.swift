import ArgumentParser
import Foundation
import Runtime

/// Measures what stays in memory of deals that have left.
struct SoakCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak",
    abstract: "Measures the memory of Redis while deals end, leave and are exported, and what stays of each.",
    discussion: """
      Each deal has a listing, a stock and a reservation of its own, under ids of doors. What takes days elsewhere is
      set to seconds: ended deals are kept for --keep seconds, streams have a window of \(Soak.retention) entries, and
      outcomes, which are kept for a day, are removed when their deal ends. handover archive runs every ten seconds.

      FOLDER/soak.csv has a line for every two seconds, FOLDER/soak.svg shows them. It fails if what stays of a deal
      takes more than \(Int(Self.most)) bytes, or if the rest grows.
      """)

  /// The most that may stay of a deal, in bytes.
  private static let most = 150.0
  /// After a third of so many deals, all windows are full: the longest is that of the status streams, of about 100,000
  /// entries a shard.
  private static let fewest = 500_000

  @Option(help: "The number of deals.")
  var deals = 1_000_000
  @Option(help: "How long an ended deal is kept, in seconds.")
  var keep = 10
  @Option(help: "After how many minutes no more deals are made.")
  var minutes = 60
  @Option(help: ArgumentHelp("Where soak.csv and soak.svg are written.", valueName: "folder"))
  var to = "."

  func validate() throws {
    try BenchTool.check(deals, "--deals", in: 1000...100_000_000)
    try BenchTool.check(keep, "--keep", in: 1...3600)
    try BenchTool.check(minutes, "--minutes", in: 1...10_000)
  }

  func run() async throws {
    print(Machine().line)
    let soak = Soak(deals: deals, keep: .seconds(keep), limit: .seconds(60 * minutes))
    let folder = URL(filePath: to, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    print(SoakSample.header)
    let result = try await BenchTool.measure { try soak.run { print($0.line) } }
    let lines = [SoakSample.header] + result.samples.map(\.line)
    let chart = SoakChart(samples: result.samples, bytesPerDeal: result.bytesPerDeal)
    for (name, text) in [("soak.csv", lines.joined(separator: "\n") + "\n"), ("soak.svg", chart.svg)] {
      try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    let seconds = result.samples.last?.seconds ?? 0
    print("\nsoak: \(decimal(Double(result.left))) deals in \(decimal(seconds)) s, all of which have left\n")
    var table = TextTable("what stays", "MB", "bytes/deal", alignsNumbers: true)
    for (kind, bytes) in result.remains + [("together", result.remains.reduce(0) { $0 + $1.bytes })] {
      table.add(kind, decimal(Double(bytes) / 1e6, 2), decimal(Double(bytes) / Double(result.left), 1))
    }
    print(table, "\n")
    func flat(from start: Double, to end: Double) -> [Double] {
      result.samples.filter { start * Double(result.left) < Double($0.ended) }
        .filter { Double($0.ended) < end * Double(result.left) }
        .map { SoakChart.flat($0, result.bytesPerDeal) / 1e6 }
    }
    let (middle, last) = (flat(from: 1 / 3, to: 2 / 3), flat(from: 2 / 3, to: 1))
    print("memory without that, in MB, while deals are made:")
    for (name, part) in [("second third", middle), ("last third", last)] {
      print(
        "\(name): median \(decimal(part.median)),",
        "from \(decimal(part.min() ?? .nan)) to \(decimal(part.max() ?? .nan))")
    }
    if result.left >= Self.fewest, last.median > 1.25 * middle.median {
      throw BenchError("The memory grows with what is no longer there.")
    }
    guard result.bytesPerDeal <= Self.most else {
      throw BenchError(
        "\(decimal(result.bytesPerDeal)) bytes stay of a deal: at most \(decimal(Self.most)) may.")
    }
  }
}
