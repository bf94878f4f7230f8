import Testing

@testable import Market

@Suite struct StoredTests {
  @Test func `a stored reservation keeps its status and what is pending`() throws {
    var reservation = Reservation(deal(1))
    // Outcomes tell all but the address, which only the parties are shown.
    #expect(Fields(reservation.fields.filter { $0.name != "address" }) == reservation.view)
    reservation.standing = .running
    reservation.deal.seller = "seller"
    reservation.deal.delete = true
    reservation.cancelRequested = true
    reservation.canceler = Caller(
      commandid: "c", replyto: "r", digest: CommandDigest("00c0ffee00c0ffee"))
    #expect(reservation.fields["status"] == "취소요청")
    #expect(reservation.fields["deal"] == "거래진행중")
    #expect(try Reservation(fields: reservation.fields) == reservation)
    reservation.canceler = nil
    #expect(try Reservation(fields: reservation.fields) == reservation)
    reservation.cancelRequested = false
    reservation.standing = .canceled
    #expect(reservation.fields["deleted"] == "1")
    #expect(try Reservation(fields: reservation.fields) == reservation)
  }

  @Test func `texts that older releases accepted can still be read`() throws {
    var former = deal(1)
    former.userid = "a\u{9B}31m\u{202E}"
    let event = Event(.deal(.reserveCompleted, former))
    #expect(try Event(fields: event.fields) == event)
    #expect(try Reservation(fields: Reservation(former).fields) == Reservation(former))
  }

  @Test func `an item that does not exist has no fields`() throws {
    #expect(try Reservation?(fields: [:]) == nil)
    #expect(Optional<Reservation>.none.fields.isEmpty)
    #expect(ProductTrade().fields.isEmpty)
    #expect(try ProductTrade(fields: [:]) == ProductTrade())
  }

  @Test func `a product's trade is stored with one field per deal, readable in any order`() throws {
    let inputs: [Input<TradeCommand>] = [
      .ask(.list(qty: 9)), .told(.stockRegistered, level(3)), .reserved(5), .reserved(1),
      .command(
        .handover(Handover(id: 1, productid: product, reserveid: 1)),
        Caller(commandid: "c", replyto: "r", digest: CommandDigest("00c0ffee00c0ffee"))
      ),
      .told(.reserveCancelRequested, 5),
      .reserved(9), .told(.stockHeld, 9, level(3, held: 1)), .ask(.handOver(reserve: 9)),
      .reserved(3, qty: 2),
      .reserved(2, qty: 2),
    ]
    let state = try Scenario(TradeDecider.self, inputs).state
    let names = state.fields.map(\.name)
    #expect(names == ["listing", "onhand", "owed", "running:1", "running:5", "line:3", "line:2"])
    #expect(try ProductTrade(fields: state.fields) == state)
    #expect(try ProductTrade(fields: Fields(state.fields.reversed())) == state)
    #expect(throws: FieldError.self) { try ProductTrade(fields: ["line:1": "torn"]) }
  }
}
