import Testbed
import Testing

@testable import Market

/// The listing, the stock and the reservations arrive on three streams: their relative order must not matter.
@Suite struct OrderTests {
  struct Case: CustomTestStringConvertible {
    let listed: Int
    let stocked: Int
    let wanted: [Int]

    var testDescription: String { "\(listed) listed, \(stocked) in stock, wanted \(wanted)" }

    static let all: [Case] = (1...3).flatMap { listed in
      (1...3).flatMap { stocked in
        [[1, 1, 1], [2, 1, 1], [1, 2, 1], [3, 2, 1, 1], [1, 3]].map {
          Case(listed: listed, stocked: stocked, wanted: $0)
        }
      }
    }
  }

  @Test(arguments: Case.all)
  func `the order of arrival on different streams does not change the result`(of one: Case) throws {
    var random = SplitMix64(seed: 42)
    var ends: Set<String> = []
    let reserves = one.wanted.indices.map { Command.reserve($0 + 1, qty: one.wanted[$0]) }
    for list in 0...reserves.count {
      for stock in 0...(reserves.count + 1) {
        var commands = reserves
        commands.insert(.list(qty: one.listed), at: list)
        commands.insert(.register(qty: one.stocked), at: stock)
        ends.insert(try end(of: commands) { try $0.settle() })
        ends.insert(try end(of: commands) { try $0.stumble(&random) })
        ends.insert(try end(of: commands) { _ in })
      }
    }
    #expect(ends.count == 1, "\(ends)")
  }

  /// Returns the final state as text, if `between` happens after every command.
  private func end(of commands: [Command], between: (inout World) throws -> Void) throws -> String {
    var world = World()
    for command in commands {
      world.ask(command)
      try between(&world)
    }
    try world.settle()
    try Laws.checkQuiet(world)
    let reservations = world.reservations.keys.map { world.reservations.state($0)?.view.packed ?? "" }
    let listing = world.trades.state(product).listing?.fields.packed ?? ""
    return (reservations + [listing, world.stocks.state(product).fields.packed]).joined(separator: "\n")
  }
}
