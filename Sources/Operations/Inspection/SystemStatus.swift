import Keys
import Lanes
import Redis
import Workers

/// How the whole system stands at one moment: who runs what, how far behind it is, what lies aside.
package struct SystemStatus: Encodable, Sendable {
  /// One worker with all its replicas.
  package struct WorkerStatus: Encodable, Sendable {
    package var worker: String
    /// Replicas that said lately that they live.
    package var replicas: Int
    /// Lanes that somebody holds, of all there are.
    package var lanesHeld: Int
    package var lanes: Int
    /// Entries that are still to be read, over all lanes.
    package var lag: Int
    /// Entries put aside, over all lanes.
    package var deadLetters: Int
  }

  /// One lane.
  package struct LaneStatus: Encodable, Sendable {
    package var lane: String
    /// The replica that holds it; nil while nobody does.
    package var owner: String?
    package var lag: Int
  }

  package var shards: Int
  package var workers: [WorkerStatus]
  package var lanes: [LaneStatus]
  /// Bytes that Redis uses, as it counts them.
  package var memory: Int
  /// Lanes that stand still, and keys that are not what a lane can work with, each in a sentence.
  package var troubles: [String]
  /// Nothing is behind, everything is held, nothing lies aside.
  package var isWell: Bool {
    troubles.isEmpty && workers.allSatisfy { $0.lag == 0 && $0.lanesHeld == $0.lanes && $0.deadLetters == 0 }
  }

  /// Asks Redis, in two round trips.
  package init(_ connection: RedisConnection) throws(RedisError) {
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
          // A stream that nobody has made yet is none.
          guard let error = reply.error, error.code != .refused(kind: "ERR") else { continue }
          troubles.append("\(spec.name) cannot work with \(key): \(error.message)")
        }
        let lag = LaneLag.receive(spec.streams, &replies)
        // All workers of a shard share its dead letters: they are told apart by their field `worker`.
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
