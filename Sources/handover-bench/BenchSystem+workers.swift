import Keys
import Lanes
import Processes
import Redis
import Workers

extension BenchSystem {
  /// Starts one process of every worker.
  func startWorkers() throws -> [(role: WorkerKind, process: RunningProcess)] {
    try WorkerKind.allCases.map { ($0, try start("\($0.rawValue)-worker", ["--log-level", "warning"])) }
  }

  /// Waits until every worker has committed everything in its streams.
  func awaitCaughtUp() throws {
    let lanes = WorkerKind.allCases.flatMap { $0.lanes(shards: shards) }
    try self.waitUntil("all lanes are at the end of their streams") { try lanes.allSatisfy(isCaughtUp) }
  }

  /// Returns how many entries the workers have still to read, over all lanes.
  func entriesBehind() throws -> Int {
    let lanes = WorkerKind.allCases.flatMap { $0.lanes(shards: shards) }
    var ask = Commands()
    for lane in lanes { LaneLag.ask(lane.name, lane.streams, &ask) }
    var replies = try redis.exchange(ask)[...]
    return lanes.reduce(0) { $0 + LaneLag.receive($1.streams, &replies) }
  }

  /// Returns how many commands were ever admitted for the reservation worker.
  func reservationCommands() throws -> Int {
    try (0..<shards).reduce(0) { sum, index in
      let stream = Key.commands(.reservation, in: Shard(index))
      guard try redis.call("EXISTS", stream).integer == 1 else { return sum }
      return try sum + redis.entriesAdded(to: stream)
    }
  }

  /// Returns the id of the last entry of each shard's journal.
  func journalEnds() throws -> [String] {
    try (0..<shards).map { try lastID(Key.journal(of: Shard($0))) }
  }

  private func isCaughtUp(_ lane: LaneSpec) throws -> Bool {
    for stream in lane.streams {
      let last = try lastID(stream)
      let cursor = try redis.call("HGET", lane.name.cursor, stream).string ?? "0-0"
      if last != "0-0", !cursor.hasPrefix("\(last) ") { return false }
    }
    return true
  }

  private func lastID(_ stream: String) throws -> String {
    guard try redis.call("EXISTS", stream).integer == 1 else { return "0-0" }
    return try redis.call("XINFO", "STREAM", stream).value("last-generated-id")?.string ?? "0-0"
  }
}
