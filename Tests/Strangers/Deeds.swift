import Doors
import Keys
import Lanes
import Market
import Redis

/// What the journals say was done by whom.
struct Deeds {
  private static let page = 1000

  let redis: any RedisLink

  init(in redis: any RedisLink) { self.redis = redis }

  /// Notes each event that its actor had no right to, and each that names an actor although it came by an inlet.
  func judge(_ breaches: Breaches) throws {
    for index in 0..<(try redis.shardCount()) {
      // Everybody who ever listed a product: the stock worker can decide before it knows of the next seller.
      var sellers: [Int: Set<String>] = [:]
      try events(of: Shard(index)) { event in
        breaches.count("event \(event.type)")
        if case .listing(.tradeListed, let listing) = event.fact {
          sellers[listing.productid, default: []].insert(listing.userid)
        }
        let sender = event.caller ?? event.asker
        if let sender, CommandName.way(of: sender.commandid) == .inlet, sender.actor != nil {
          breaches.note("an inlet's entry names an actor: \(event)")
        }
        guard let actor = sender?.actor, !actor.isOperator else { return }
        if let refusal = event.refusal, case .rejected = event.fact {
          breaches.count("refused \(refusal.rawValue)")
        }
        let owners: Set<String>
        switch event.fact {
        case .deal(let step, let deal):
          owners = step.worker == .reservation ? [deal.userid] : sellers[deal.productid] ?? []
        case .listing(_, let listing): owners = [listing.userid]
        case .stock(_, let level): owners = sellers[level.productid] ?? []
        case .hold, .rejected: return
        }
        if !owners.contains(actor.userid) { breaches.note("not \(actor.userid)'s: \(event)") }
        breaches.count("done by an owner")
      }
    }
  }

  private func events(of shard: Shard, _ take: (Event) -> Void) throws {
    var start = "-"
    while true {
      let found = try redis.call(
        "XRANGE", Key.journal(of: shard), start, "+", "COUNT", "\(Self.page)")
      for entry in found {
        guard let id = entry[0]?.string, let body = entry[1] else { continue }
        take(try Event(fields: Fields(reading: body)))
        start = "(\(id)"
      }
      if found.count < Self.page { return }
    }
  }
}
