import Keys
import Lanes
import Market

/// A decider, and what REST reads of its states.
protocol Aggregate: Decider {
  /// Returns the item that REST lists for a state; nil if there is none.
  static func listed(_ state: State) -> Listed?

  /// Returns whether an input can replace the item that a state shows. Its final form is then written first.
  static func replacesShown(_ input: Input<Command>) -> Bool

  /// Writes what is stored besides the state, for REST to read.
  static func writeView(before: State, after: State, in shard: Shard, to commit: inout Commit)

  /// Returns a key that `writeView` writes to; nil if it writes nothing.
  static func viewKey(_ id: Int, in shard: Shard) -> String?

  /// Returns what an event lets leave for the archive, given the state before it and the input that it follows from;
  /// nil if nothing leaves.
  static func leaving(by event: Event, _ input: Input<Command>, from state: State) -> Leaving?

  /// Returns a key that marks an id as used until it is archived; nil if the state or its view does that.
  static func traceKey(_ id: Int, in shard: Shard) -> String?
}

extension Aggregate {
  static func viewKey(_ id: Int, in shard: Shard) -> String? { nil }
  static func traceKey(_ id: Int, in shard: Shard) -> String? { nil }

  /// All kinds of writes in its commits.
  static func writes(in shard: Shard) -> [LaneWrite] {
    [
      LaneWrite("XADD", Key.journal(of: shard), "*", "x", "x", to: .stream),
      LaneWrite("ZADD", Key.index(of: worker.entity, in: shard), "0", "x", to: .zset),
      LaneWrite("ZREM", Key.index(of: worker.entity, in: shard), "x", to: .zset),
      LaneWrite(like: "SET", Key.operation("x", in: shard), "x"),
      LaneWrite(like: "XADD", Key.replies(to: "x", in: shard), "*", "x", "x"),
      LaneWrite(like: "PEXPIRE", Key.replies(to: "x", in: shard), "1"),
      LaneWrite("XADD", Key.archive(of: shard), "*", "x", "x", to: .stream),
      LaneWrite(like: "HSET", Key.archived(worker.entity, id: 0, in: shard), "0", "x"),
    ]
      + [Key.state(0, of: worker, in: shard), viewKey(0, in: shard)].compactMap(\.self).flatMap { key in
        [
          LaneWrite(like: "HSET", key, "x", "x"), LaneWrite(like: "HDEL", key, "x"),
          LaneWrite(like: "DEL", key),
        ]
      }
      + [traceKey(0, in: shard)].compactMap(\.self).flatMap { key in
        [LaneWrite(like: "SET", key, "x"), LaneWrite(like: "DEL", key)]
      }
  }
}

/// Something that leaves for the archive.
struct Leaving {
  var entity: Entity
  var id: Int
  var productid: Int
  /// When it ended, if that is known.
  var endedAt: Moment?
  /// All that was stored of it.
  var record: Fields
}

/// A member of a shard's index.
struct Listed: Equatable {
  var entity: Entity
  var id: Int
  var member: Int
  /// Whether it is marked as deleted, and so not listed.
  var isDeleted = false
}

extension Aggregate {
  static func replacesShown(_ input: Input<Command>) -> Bool { false }

  static func writeView(before: State, after: State, in shard: Shard, to commit: inout Commit) {}
}

extension ReservationDecider: Aggregate {
  static func listed(_ state: Reservation?) -> Listed? {
    state.map {
      Listed(entity: .reserve, id: $0.deal.reserveid, member: $0.deal.reserveid, isDeleted: $0.isDeleted)
    }
  }
}

extension ReservationDecider {
  static func leaving(
    by event: Event, _ input: Input<ReservationCommand>, from state: Reservation?
  ) -> Leaving? {
    guard case .deal(.reserveArchived, let deal) = event.fact else { return nil }
    return Leaving(
      entity: .reserve, id: deal.reserveid, productid: deal.productid, endedAt: state?.endedAt,
      record: state.fields)
  }
}

extension TradeDecider: Aggregate {
  static func leaving(by event: Event, _ input: Input<TradeCommand>, from state: ProductTrade) -> Leaving? {
    guard case .listing(.tradeArchived, var listing) = event.fact else { return nil }
    listing.isFormer = false
    return Leaving(
      entity: .trade, id: listing.id, productid: listing.productid, endedAt: listing.endedAt,
      record: listing.fields)
  }

  static func viewKey(_ id: Int, in shard: Shard) -> String? { Key.trade(id, in: shard) }

  static func listed(_ state: ProductTrade) -> Listed? {
    state.listing?.listed
  }

  /// A product has one listing after another.
  static func replacesShown(_ input: Input<TradeCommand>) -> Bool {
    if case .command(.listTrade, _) = input { true } else { false }
  }

  static func writeView(
    before: ProductTrade, after: ProductTrade, in shard: Shard, to commit: inout Commit
  ) {
    guard let listing = after.listing, listing != before.listing else { return }
    commit.write(before.listing?.id == listing.id ? before.listing : nil, listing, in: shard)
  }
}

extension Listing {
  var listed: Listed { Listed(entity: .trade, id: id, member: id, isDeleted: isDeleted) }
}

extension Commit {
  mutating func write(_ before: Listing?, _ after: Listing, in shard: Shard) {
    write(FieldChanges(from: before?.fields ?? [:], to: after.fields), at: Key.trade(after.id, in: shard))
  }
}

extension StockDecider: Aggregate {
  static func listed(_ state: ProductStock) -> Listed? {
    state.stock.map { Listed(entity: .inventory, id: $0.level.id, member: $0.level.productid) }
  }

  /// It ends with its listing, or when what was left over is withdrawn.
  static func leaving(by event: Event, _ input: Input<StockCommand>, from state: ProductStock) -> Leaving? {
    guard case .stock(.stockArchived, let level) = event.fact else { return nil }
    var (stock, endedAt) = (state.stock, Moment?.none)
    switch input {
    case .event(let heard): if case .listing(_, let listing) = heard.fact { endedAt = listing.endedAt }
    case .command: stock?.status = .stockWithdrawn
    case .time, .forget: break
    }
    return Leaving(
      entity: .inventory, id: level.id, productid: level.productid, endedAt: endedAt, record: stock.fields)
  }

  /// The state belongs to the product, and forgets the stock when that is withdrawn.
  static func traceKey(_ id: Int, in shard: Shard) -> String? {
    Key.trace(of: .inventory, id: id, in: shard)
  }
}
