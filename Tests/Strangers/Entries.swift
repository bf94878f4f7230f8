import Redis
import Testbed

/// Random entries of the inlets, some of which claim to be somebody's.
struct Entries: Sendable {
  private static let together = 500

  let servers: TestServers
  let seed: UInt64

  init(for servers: TestServers, seed: UInt64) {
    self.servers = servers
    self.seed = seed
  }

  func append(_ count: Int) async throws {
    try await onThread {
      let redis = try servers.connect()
      var dice = SplitMix64(seed: seed &+ 99)
      var left = count
      while left > 0 {
        var commands = Commands()
        for _ in 0..<min(left, Self.together) { commands.add(entry(&dice)) }
        for reply in try redis.exchange(commands) { try reply.get() }
        left -= commands.count
      }
    }
  }

  private func entry(_ dice: inout SplitMix64) -> RESPWords {
    let (inlet, types) = dice.pick([
      ("reservation.commands", ["Reserve", "CancelReserve", "ChangeReserve"]),
      ("trade.commands", ["ListTrade", "Handover", "ChangeTrade", "WithdrawTrade"]),
      ("stock.commands", ["RegisterStock", "AdjustStock", "WithdrawStock"]),
    ])
    // Products that no user of the ingress has to do with, as inlets are trusted.
    let product = "\(Int.random(in: 10_000_001...10_000_300, using: &dice))"
    var fields: [(String, String)] = [
      ("type", dice.pick(types)), ("productid", product), ("userid", "현장 \(product)"), ("productname", "의자"),
      ("qty", "\(Int.random(in: 1...3, using: &dice))"), ("price", "1000"), ("reserveDt", "2024-04-05"),
      ("address", "부산"), ("id", "\(7_000_000 + Int.random(in: 0...3000, using: &dice))"),
    ]
    if dice.oneIn(3) { fields += [("actor", "\(Cast.buyer)0"), ("operator", "1")] }
    if dice.oneIn(6) {
      fields.append(
        ("commandid", dice.pick(["a", "key:k1", "h-1", "가", String(repeating: "x", count: 400)])))
    }
    for _ in 0..<(dice.oneIn(3) ? Int.random(in: 1...4, using: &dice) : 0) {
      let place = Int.random(in: 0..<fields.count, using: &dice)
      switch Int.random(in: 0..<4, using: &dice) {
      case 0: if fields.count > 1 { fields.remove(at: place) }
      case 1:
        fields[place].1 = dice.pick(["", "x", "-1", "99999999999999999999", "\t", "\u{202E}", "🦊", "\0"])
      case 2: fields.append(fields[place])
      default: fields[place].0 = dice.pick(["", "type", "replays", "digest", "replyto", "가\u{301}"])
      }
    }
    var words = RESPWords("XADD", inlet, "*")
    for (name, value) in fields {
      words.add(name)
      words.add(value)
    }
    return words
  }
}
