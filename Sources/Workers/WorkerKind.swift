import Doors
import Keys
import Lanes
import Logging
import Market
import Redis

/// The five workers, each of which can run any number of replicas.
package enum WorkerKind: String, CaseIterable, Sendable {
  case reservation, trade, stock, notification, mypage

  /// How long it lets entries gather (see `LaneOptions.gatherDelay`).
  ///
  /// Buyers wait for the reservation worker, and look at my page next. What else follows can be a few milliseconds
  /// later: at some hundred deals a second, that saves a third to a half of what those workers cost.
  package var gatherDelay: Duration {
    switch self {
    case .reservation: .zero
    case .trade, .stock: .milliseconds(5)
    case .notification, .mypage: .milliseconds(3)
    }
  }

  /// Returns all lanes of the worker, which its replicas divide among themselves.
  ///
  /// - Parameters:
  ///   - backlogLimit: how many entries a worker can be behind in a shard before the inlets wait.
  ///   - policy: what the deciding workers decide by.
  ///   - format: the format in which they write.
  package func lanes(
    shards: Int, backlogLimit: Int = ShardBacklog.usualLimit, policy: Policy = Policy(),
    format: WrittenFormat = WrittenFormat()
  ) -> [LaneSpec] {
    switch self {
    case .reservation: Self.deciding(ReservationDecider.self, shards, backlogLimit, policy, format)
    case .trade: Self.deciding(TradeDecider.self, shards, backlogLimit, policy, format)
    case .stock: Self.deciding(StockDecider.self, shards, backlogLimit, policy, format)
    case .notification:
      (0..<shards).map { Self.projecting(rawValue, Shard($0), NotificationProjection.self, format) }
    case .mypage:
      (0..<shards).map { Self.projecting(rawValue, Shard($0), MypageProjection.self, format) }
    }
  }

  private static func deciding<Rules: Aggregate>(
    _ rules: Rules.Type, _ shards: Int, _ backlogLimit: Int, _ policy: Policy, _ format: WrittenFormat
  ) -> [LaneSpec] {
    let worker = Rules.worker
    let inlet = Key.inlet(worker)
    let doorName = LaneName(worker: worker.rawValue, tag: "{\(inlet)}")
    // They outlive the lane: whoever took the last ids has to notice that their counter went back.
    let blocks = IDBlocks(size: 1) { Logger(label: worker.rawValue).error("\($0)") }
    let backlog = ShardBacklog(shards: shards, limit: backlogLimit)
    let door = LaneSpec(
      name: doorName, streams: [inlet], retained: [RetainedStream(inlet, readBy: [doorName])],
      writes: [LaneWrite("XDEL", inlet, "0-1", to: .stream)], isInlet: true, keepsDeadLetters: true,
      makeHandler: { InletHandler(worker: worker, shards: shards, backlog: backlog, blocks: blocks) })
    return [door]
      + (0..<shards).map { index in
        let shard = Shard(index)
        let name = LaneName(worker: worker.rawValue, tag: shard.tag)
        let streams = [Key.journal(of: shard), Key.commands(worker, in: shard)]
        var retained = [RetainedStream(streams[1], readBy: [name])]
        if worker == .reservation {
          // All five workers read the journal; one of them trims it.
          let readers = allCases.map { LaneName(worker: $0.rawValue, tag: shard.tag) }
          retained.append(RetainedStream(streams[0], readBy: readers))
        }
        return LaneSpec(
          name: name, streams: streams, retained: retained, writes: Rules.writes(in: shard),
          keepsDeadLetters: worker == .reservation,
          timers: timers(of: worker, in: shard, to: streams[1], policy, format),
          makeHandler: { DecisionHandler<Rules>(shard: shard, streams: streams, policy: policy) })
      }
  }

  /// Returns the clocks of a deciding worker's lane: of what is due at a fixed time, and of what has ended.
  private static func timers(
    of worker: DecidingWorker, in shard: Shard, to stream: String, _ policy: Policy, _ format: WrittenFormat
  ) -> [LaneTimers] {
    let ended = LaneTimers(
      key: Key.ended(worker.entity, in: shard), stream: stream,
      delay: policy.keepEnded > 0 ? .milliseconds(policy.keepEnded) : nil,
      // What the archive needs came with the second format.
      isOn: { format.current >= 2 })
    return switch worker {
    case .reservation: [ended]
    case .trade: [LaneTimers(key: Key.timers(of: shard), stream: stream), ended]
    // A stock leaves with its listing.
    case .stock: []
    }
  }

  private static func projecting<Model: Projection>(
    _ worker: String, _ shard: Shard, _ model: Model.Type, _ format: WrittenFormat
  ) -> LaneSpec {
    let name = LaneName(worker: worker, tag: shard.tag)
    return LaneSpec(
      name: name, streams: [Key.journal(of: shard)], writes: Model.writes(in: shard),
      makeHandler: { ProjectionHandler<Model>(name, shard: shard, format: format) })
  }
}
