import Keys
import Lanes
import Market
import Redis

/// How far the lanes are behind, and where every log ended at that moment.
struct Quiescence: Equatable {
  /// The workers that read the journal of a shard.
  private static let followers = DecidingWorker.allCases.map(\.rawValue) + ["notification", "mypage"]

  private var logs: [Shard: [StreamState]] = [:]
  /// The lanes of each shard that are behind, as phrases: “trade{3} is 12 entries behind”.
  private(set) var delays: [Shard: [String]] = [:]
  /// The inlets' lanes that are behind, as phrases.
  private(set) var inletDelays: [String] = []

  var isQuiet: Bool { delays.isEmpty && inletDelays.isEmpty }

  init(shards: Int, on connection: any RedisLink) throws(RedisError) {
    for worker in DecidingWorker.allCases {
      let tag = "{\(Key.inlet(worker))}"
      let inlet = try StreamState(of: Key.inlet(worker), on: connection)
      note(inlet.lag(of: worker.rawValue), LaneName(worker: worker.rawValue, tag: tag)) {
        inletDelays.append($0)
      }
    }
    for shard in (0..<shards).map({ Shard($0) }) {
      let journal = try StreamState(of: Key.journal(of: shard), on: connection)
      var states = [journal]
      var behind = Dictionary(uniqueKeysWithValues: Self.followers.map { ($0, journal.lag(of: $0)) })
      for worker in DecidingWorker.allCases {
        let commands = try StreamState(of: Key.commands(worker, in: shard), on: connection)
        states.append(commands)
        behind[worker.rawValue, default: 0] += commands.lag(of: worker.rawValue)
      }
      logs[shard] = states
      for worker in Self.followers {
        note(behind[worker] ?? 0, LaneName(worker: worker, tag: shard.tag)) {
          delays[shard, default: []].append($0)
        }
      }
    }
  }

  /// Returns whether nothing happened in the shard between `self` and `later`.
  func lasted(until later: Quiescence, in shard: Shard) -> Bool {
    delays[shard] == nil && later.delays[shard] == nil && logs[shard] == later.logs[shard]
  }

  private func note(_ lag: Int, _ lane: LaneName, _ add: (String) -> Void) {
    if lag > 0 { add("\(lane) is \(lag) \(lag == 1 ? "entry" : "entries") behind") }
  }
}
