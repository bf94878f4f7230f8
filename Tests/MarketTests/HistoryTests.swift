import Testbed
import Testing

@testable import Market

/// Random histories of a whole shard: any commands, in any order, at any pace.
@Suite struct HistoryTests {
  /// Each of these starts a series of histories; a history can be repeated from its own seed.
  static let seeds: [UInt64] = [20_240_404, 7, 0xC0FFEE, 1_000_003]
  static let histories: UInt64 = 700

  @Test(arguments: seeds)
  func `a random history keeps the laws of the market`(seed: UInt64) throws {
    print("histories from seed \(seed)")
    var told: Set<String> = []
    var steps = 0
    for history in 0..<Self.histories {
      let own = seed &+ history &* 0x1_0000_0000
      do {
        let world = try live(own, checksCodec: history.isMultiple(of: 8))
        told.formUnion(world.told)
        steps += world.steps
      } catch {
        Issue.record("the history of seed \(own) broke a law: \(error)")
        return
      }
    }
    print("\(steps) steps")
    #expect(steps >= 100_000)
    // Otherwise, the histories would prove little: everything that can happen has to happen.
    let everything = Set(
      DealStep.allCases.map(\.rawValue) + StockAnswer.allCases.map(\.rawValue)
        + ListingStep.allCases.map(\.rawValue)
        + StockStep.allCases.map(\.rawValue) + Refusal.allCases.map(\.rawValue)
        + CancelReason.allCases.map(\.rawValue))
    #expect(everything.subtracting(told) == Self.tooRare)
  }

  @Test func `random commands are of every kind`() {
    var commands = RandomCommands(SplitMix64(seed: 7), products: 3, calm: false, under: Policy())
    let kinds = (1...1000).map { _ in commands.next().kind }
    #expect(Set(CommandKind.allCases).subtracting(kinds) == [])
  }

  /// Too rare for a history: a line of fifty takes too long, no worker of this release refuses
  /// another one's commands, and every command has its own id.
  private static let tooRare: Set<String> = [
    Refusal.lineFull.rawValue, Refusal.wrongWorker.rawValue, Refusal.commandIdReused.rawValue,
  ]

  /// Runs one history from its seed until all is quiet.
  private func live(_ seed: UInt64, checksCodec: Bool) throws -> World {
    var random = SplitMix64(seed: seed)
    let calm = random.oneIn(3)
    let policy = Policy.random(&random)
    var commands = RandomCommands(
      SplitMix64(seed: random.next()), products: Int.random(in: 1...3, using: &random), calm: calm,
      under: policy)
    let keepEnded = random.oneIn(3) ? nil : Int.random(in: 1...2000, using: &random)
    var world = World(under: policy, keepEnded: keepEnded)
    world.checksCodec = checksCodec
    let stepsPerCommand = 1 << Int.random(in: 0...5, using: &random)
    for _ in 0..<Int.random(in: 5...60, using: &random) {
      world.ask(commands.next(at: world.now, code: world.code), as: commands.actor())
      if random.oneIn(12) { commands.forgetSomebody(in: &world) }
      for _ in 0..<stepsPerCommand { try world.stumble(&random) }
    }
    try world.settle()
    try Laws.checkQuiet(world)
    // What is left ends by itself, where that is not turned off.
    try world.liveOn()
    try Laws.checkQuiet(world)
    if policy.endsAll {
      for product in world.trades.keys {
        let trade = world.trades.state(product)
        try require(trade.running.isEmpty && trade.line.isEmpty, "a deal that never ends: \(trade)")
      }
    }
    if keepEnded != nil {
      for id in world.reservations.keys {
        let left = world.reservations.state(id)
        try require(left?.ended == nil, "what has ended is still there: \(String(describing: left))")
      }
      for product in world.trades.keys {
        let listing = world.trades.state(product).listing
        try require(listing?.closed == nil, "what has ended is still there: \(String(describing: listing))")
      }
      try require(world.trades.past.listings.isEmpty, "former listings are still there")
    }
    // A deal starts only if there are units for it, so stock is short only if it was changed meanwhile.
    if calm { try require(!world.told.contains(StockAnswer.stockShort.rawValue), "short") }
    return world
  }
}

extension Policy {
  /// Periods of some milliseconds, some of them off.
  static func random(_ random: inout SplitMix64) -> Policy {
    func period(_ range: ClosedRange<Int>) -> Int {
      isTimeless || random.oneIn(4) ? 0 : Int.random(in: range, using: &random)
    }
    let isTimeless = random.oneIn(3)
    var policy = Policy(utc: { $0 })
    policy.expiry = period(1...300)
    policy.reminders = [period(1...300), period(1...100)]
    policy.waiting = period(1...400)
    policy.receipt = period(1...200)
    policy.listingReminder = period(50...300)
    policy.wrongCodes = random.oneIn(3) ? 2 : 1
    policy.codePause = Int.random(in: 50...1000, using: &random)
    policy.price = random.oneIn(2) ? .listing : .free
    policy.oneReservationEach = random.oneIn(3)
    policy.allowsOwnListing = !random.oneIn(3)
    policy.codes = random.oneIn(5) ? nil : HandoverCodes(secret: [7])
    return policy
  }

  /// Whether every deal ends by itself.
  var endsAll: Bool { expiry > 0 && waiting > 0 && receipt > 0 }
}
