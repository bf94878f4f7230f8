import Foundation
import Processes

/// A program that does what the drain does to Redis and nothing else: the limit of its speed.
struct DrainFloor: Sendable {
  /// Run as `program ENTRIES BATCH SHARDS`. Prints `…: 87000 entries/s`.
  let program: String

  /// Returns how many entries a second it does, on a Redis of its own.
  func run(entries: Int, batch: Int, shards: Int) throws -> Double {
    let log = FileManager.default.temporaryDirectory.appending(path: "handover-floor-\(UUID())")
    defer { try? FileManager.default.removeItem(at: log) }
    let floor = try RunningProcess(program, ["\(entries)", "\(batch)", "\(shards)"], log: log)
    // Its Redis is in the same group of processes.
    Cleanup.add(-floor.id)
    floor.wait()
    Cleanup.remove(-floor.id)
    let output = try String(contentsOf: log, encoding: .utf8)
    guard floor.exitStatus == 0, let figure = output.firstMatch(of: /: (\d+) entries\/s/),
      let pace = Double(figure.1)
    else { throw BenchError("\(program) failed: \(output.suffix(500))") }
    return pace
  }
}
