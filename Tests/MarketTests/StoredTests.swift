import Testing

@testable import Market

@Suite("What is stored")
struct StoredTests {
  @Test("of a reservation are the words of the deal, and what is pending")
  func reservation() throws {
    var reservation = Reservation(deal(1))
    #expect(reservation.fields == reservation.view)
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

  @Test("may hold what was let in before it was refused")
  func formerTexts() throws {
    var former = deal(1)
    former.userid = "a\u{9B}31m\u{202E}"
    let event = Event(.deal(.reserveCompleted, former))
    #expect(try Event(fields: event.fields) == event)
    #expect(try Reservation(fields: Reservation(former).fields) == Reservation(former))
  }

  @Test("of nothing is nothing")
  func absent() throws {
    #expect(try Reservation?(fields: [:]) == nil)
    #expect(Optional<Reservation>.none.fields.isEmpty)
    #expect(ProductTrade().fields.isEmpty)
    #expect(try ProductTrade(fields: [:]) == ProductTrade())
  }

  @Test("of a product's trade is a field a deal, in any order")
  func trade() throws {
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
