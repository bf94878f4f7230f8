import Lanes
import Layout
import Market
import Redis

/// The five workers, each of which runs as many replicas as one likes.
public enum Role: String, CaseIterable, Sendable {
  case reservation, trade, stock, notification, mypage

  /// How long it lets entries gather (see `LaneOptions.rest`).
  ///
  /// Somebody waits for a decision, but to read models a few milliseconds are nothing, and it halves their cost
  /// at a pace of some hundred deals a second.
  public var rest: Duration {
    switch self {
    case .reservation, .trade, .stock: .zero
    case .notification, .mypage: .milliseconds(5)
    }
  }

  /// All lanes of the worker; its replicas share them out.
  public func lanes(shards: Int) -> [LaneSpec] {
    switch self {
    case .reservation: Self.deciding(ReservationDecider.self, shards: shards)
    case .trade: Self.deciding(TradeDecider.self, shards: shards)
    case .stock: Self.deciding(StockDecider.self, shards: shards)
    case .notification:
      (0..<shards).map { Self.projecting(rawValue, Shard($0), NotificationProjection.self) }
    case .mypage:
      (0..<shards).map { Self.projecting(rawValue, Shard($0), MypageProjection.self) }
    }
  }

  private static func deciding<Rules: Aggregate>(_ rules: Rules.Type, shards: Int) -> [LaneSpec] {
    let worker = Rules.worker
    let inlet = Key.inlet(worker)
    let doorName = LaneName(worker: worker.rawValue, tag: "{\(inlet)}")
    let door = LaneSpec(
      name: doorName, streams: [inlet], retained: [RetainedStream(inlet, readBy: [doorName])],
      makeHandler: { InletHandler(worker: worker, shards: shards) })
    return [door]
      + (0..<shards).map { index in
        let shard = Shard(index)
        let name = LaneName(worker: worker.rawValue, tag: shard.tag)
        let streams = [Key.journal(of: shard), Key.commands(worker, in: shard)]
        var retained = [RetainedStream(streams[1], readBy: [name])]
        if worker == .reservation {
          // All five read the journal; one of them looks after it.
          let readers = allCases.map { LaneName(worker: $0.rawValue, tag: shard.tag) }
          retained.append(RetainedStream(streams[0], readBy: readers))
        }
        return LaneSpec(
          name: name, streams: streams, retained: retained,
          makeHandler: { DecisionHandler<Rules>(shard: shard, streams: streams) })
      }
  }

  private static func projecting<Model: Projection>(
    _ worker: String, _ shard: Shard, _ model: Model.Type
  ) -> LaneSpec {
    let name = LaneName(worker: worker, tag: shard.tag)
    return LaneSpec(
      name: name, streams: [Key.journal(of: shard)],
      makeHandler: { ProjectionHandler<Model>(name, shard: shard) })
  }
}
