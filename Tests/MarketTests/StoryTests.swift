import Testing

@testable import Market

/// Whole deals, with all three workers.
@Suite struct StoryTests {
  private func world(_ commands: Command...) throws -> World {
    var world = World()
    world.checksCodec = true
    for command in commands {
      world.ask(command)
      try world.settle()
    }
    try Laws.checkQuiet(world)
    return world
  }

  private func types(_ world: World) -> [String] {
    world.journal.entries.compactMap { $0.entry["type"] }
  }

  @Test func `an item that is listed and in stock is reserved and handed over`() throws {
    let world = try world(.list(), .register(), .reserve(1), .handOver())
    #expect(
      types(world) == [
        "TradeListed", "StockRegistered", "ReserveCompleted", "TradeStarted", "StockHeld", "TradeCompleted",
        "StockDecreased",
      ])
    #expect(world.reservations.state(1)?.status == .completed)
    #expect(world.stocks.state(product).stock?.level.qty == 0)
    #expect(world.outcomes["c4"]?.first?.fields["status"] == "거래완료")
    #expect(world.outcomes["c3"]?.first?.fields == (try world.journal.reservation(1)))
  }

  @Test func `a cancel starts the next deal in line`() throws {
    let world = try world(.list(), .register(), .reserve(1), .reserve(2), .cancel(1))
    #expect(world.reservations.state(1)?.status == .canceled)
    #expect(world.reservations.state(2)?.status == .running)
    #expect(
      world.outcomes["c5"] == [Outcome(accepted: true, type: "ReserveCanceled", fields: try world.view(1))])
  }

  @Test func `a cancel after the handover is rejected with the reason`() throws {
    let world = try world(.list(), .register(), .reserve(1), .handOver(), .cancel(1))
    let outcome = try #require(world.outcomes["c5"]?.first)
    #expect(!outcome.accepted)
    #expect(outcome.fields["message"] == "이미 거래가 완료된 예약입니다.")
    #expect(world.reservations.state(1)?.status == .completed)
  }

  @Test func `of a cancel and a handover at the same moment, exactly one succeeds`() throws {
    for cancelFirst in [true, false] {
      var world = try world(.list(), .register(), .reserve(1))
      let cancel = world.ask(.cancel(1))
      let handover = world.ask(.handOver())
      let first = cancelFirst ? DecidingWorker.reservation : .trade
      try world.read(first, count: 9)
      try world.commit(first)
      try world.settle()
      try Laws.checkQuiet(world)
      #expect(world.outcomes[cancel]?.map(\.accepted) == [cancelFirst])
      #expect(world.outcomes[handover]?.map(\.accepted) == [!cancelFirst])
    }
  }

  @Test func `a reservation that a lower stock count cannot serve is rejected`() throws {
    let world = try world(
      .list(qty: 5), .register(qty: 3), .reserve(1, qty: 2), .reserve(2, qty: 2), .adjust(qty: 2),
      .handOver(),
      .withdrawStock(), .reserve(3), .register(2, qty: 9))
    #expect(world.reservations.state(1)?.status == .completed)
    #expect(world.reservations.state(2)?.status == .rejected)
    #expect(world.reservations.state(3)?.status == .running)
  }
}

extension World {
  fileprivate func view(_ reserveid: Int) throws -> Fields { reservations.state(reserveid)?.view ?? [:] }
}

extension Log<Fields> {
  /// Returns a reservation as it was made.
  fileprivate func reservation(_ id: Int) throws -> Fields? {
    for (_, fields) in entries {
      if case .deal(.reserveCompleted, let deal) = try Event(fields: fields).fact, deal.reserveid == id {
        return Reservation(deal).view
      }
    }
    return nil
  }
}
