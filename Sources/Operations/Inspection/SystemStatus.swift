import Keys
import Lanes
import Redis
import Workers

/// The state of the whole system at one moment: who runs what, how far behind it is, and what was put aside.
package struct SystemStatus: Encodable, Sendable {
  /// One worker with all its replicas.
  package struct WorkerStatus: Encodable, Sendable {
    package var worker: String
    /// Replicas with a recent heartbeat.
    package var replicas: Int
    /// Lanes that a replica holds.
    package var lanesHeld: Int
    package var lanes: Int
    /// Unread entries, over all lanes.
    package var lag: Int
    /// Dead letters, over all lanes.
    package var deadLetters: Int
  }

  /// One lane.
  package struct LaneStatus: Encodable, Sendable {
    package var lane: String
    /// The replica that holds it; nil if none does.
    package var owner: String?
    package var lag: Int
  }

  package var shards: Int
  package var workers: [WorkerStatus]
  package var lanes: [LaneStatus]
  /// The memory that Redis uses, in bytes (`used_memory`).
  package var memory: Int
  /// Lanes that stand still, and keys that a lane cannot work with, one sentence each.
  package var troubles: [String]
  /// Whether every lane is held and up to date, and there are no dead letters and no troubles.
  package var isWell: Bool {
    troubles.isEmpty && workers.allSatisfy { $0.lag == 0 && $0.lanesHeld == $0.lanes && $0.deadLetters == 0 }
  }

  /// Reads the status from Redis, in two round trips.
  package init(_ connection: any RedisLink) throws {
    let shards = try connection.shardCount()
    self.shards = shards
    let specs = WorkerKind.allCases.map { ($0.rawValue, $0.lanes(shards: shards)) }
    var ask = Commands()
    ask.add("INFO", "memory")
    for (worker, lanes) in specs {
      ask.add("ZCARD", LaneName.replicas(of: worker))
      for lane in lanes {
        ask.add("GET", lane.name.lease)
        LaneLag.ask(lane.name, lane.streams, &ask)
        ask.add("XLEN", lane.name.deadLetters)
        ask.add("HGET", lane.name.halt, "reason")
      }
    }
    var replies = try connection.exchange(ask)[...]
    memory = replies.popFirst()?.string.flatMap(Self.usedMemory) ?? 0
    workers = []
    lanes = []
    troubles = []
    for (worker, specs) in specs {
      var status = WorkerStatus(
        worker: worker, replicas: replies.popFirst()?.integer ?? 0, lanesHeld: 0, lanes: specs.count, lag: 0,
        deadLetters: 0)
      for spec in specs {
        let owner = replies.popFirst()?.string
        for (key, reply) in zip([spec.name.cursor] + spec.streams, replies) {
          // A stream that does not exist yet is no trouble.
          guard let error = reply.error, error.code != .refused(kind: .generic) else { continue }
          troubles.append("\(spec.name) cannot work with \(key): \(error.message)")
        }
        let lag = LaneLag.receive(spec.streams, &replies)
        // The workers of a shard share its dead letters, which differ by the field `worker`: count them once.
        let letters = replies.popFirst()?.integer ?? 0
        if worker == WorkerKind.reservation.rawValue || spec.name.tag.contains("commands") {
          status.deadLetters += letters
        }
        if let reason = replies.popFirst()?.string {
          troubles.append("\(spec.name) stands still: \(reason)")
        }
        if owner != nil { status.lanesHeld += 1 }
        status.lag += lag
        lanes.append(
          LaneStatus(
            lane: "\(spec.name)", owner: owner.map { String($0.prefix { $0 != ":" }) }, lag: lag))
      }
      workers.append(status)
    }
  }

  private static func usedMemory(_ info: String) -> Int? {
    info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
      .flatMap { Int($0.dropFirst("used_memory:".count)) }
  }
}
