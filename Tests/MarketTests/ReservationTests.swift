import Testing

@testable import Market

@Suite struct ReservationTests {
  private let rules = ReservationDecider.self

  @Test func `a reservation is accepted and answered at once`() throws {
    let made = try given(rules).when(.ask(.reserve(1))).then("ReserveCompleted #1 → me")
    #expect(made.state?.status == .reserved)
  }

  @Test func `an id cannot be reserved twice, even after its deletion`() throws {
    try given(rules, .ask(.reserve(1))).when(.ask(.reserve(1, qty: 3))).then(
      "CommandRejected duplicateId → me")
    try given(rules, .ask(.reserve(1)), .told(.tradeRejected, 1), .ask(.cancel(1, delete: true)))
      .when(.ask(.reserve(1))).then("CommandRejected duplicateId → me")
  }

  @Test(
    arguments: [
      (DealStep.tradeStarted, Status.running), (.tradeWaiting, .waiting), (.tradeRejected, .rejected),
      (.tradeCompleted, .completed),
    ])
  func `a reservation follows the status of its trade`(step: DealStep, status: Status) throws {
    let followed = try given(rules, .ask(.reserve(1))).when(.told(step, 1)).then()
    #expect(followed.state?.status == status)
  }

  @Test(arguments: DealStep.allCases.filter { $0.worker == .trade && $0.status?.span == .final })
  func `a reservation whose deal has ended does not start again`(step: DealStep) throws {
    let end = try given(rules, .ask(.reserve(1)), .told(step, 1))
    #expect(end.when(.told(.tradeStarted, 1)).then().state == end.state)
  }

  @Test func `a cancel takes effect when the trade confirms it, and answers who asked`() throws {
    let asked = try given(rules, .ask(.reserve(1)))
      .when(.ask(.cancel(1), by: "canceler")).then("ReserveCancelRequested #1")
    #expect(asked.state?.status == .cancelRequested)
    let done = asked.when(.told(.tradeCanceled, 1, held: 1)).then("ReserveCanceled #1 → canceler")
    #expect(done.state?.status == .canceled)
    #expect(done.state?.isDeleted == false)
  }

  @Test func `a pending cancel locks the reservation until the trade answers`() throws {
    let locked = try given(rules, .ask(.reserve(1)), .ask(.cancel(1), by: "canceler"))
      .when(.told(.tradeStarted, 1)).then()
    #expect(locked.state?.status == .cancelRequested)
    locked.when(.ask(.cancel(1))).then("CommandRejected cancelInProgress → me")
    locked.when(.ask(.move(1, to: "2024-05-05"))).then("CommandRejected cancelInProgress → me")
    let refused = locked.when(.told(.tradeCompleted, 1), .told(.cancelRefused, 1, .alreadyEnded))
      .then("CommandRejected alreadyCompleted → canceler")
    #expect(refused.state?.status == .completed)
  }

  @Test func `a refused cancel announces the status that the reservation has`() throws {
    var state: Reservation?
    for (index, input) in [
      Input<ReservationCommand>.ask(.reserve(1)), .ask(.cancel(1, delete: true)),
      .told(.tradeRejected, 1, .soldOut),
    ].enumerated() {
      _ = rules.decide(input, at: EntryID(milliseconds: UInt64(index), sequence: 0), &state, under: .timeless)
    }
    let said = rules.decide(.told(.cancelRefused, 1, .alreadyEnded), at: .zero, &state, under: .timeless)
    #expect(said.first?.status == .rejected)
    #expect(state?.isDeleted == false)
  }

  @Test(
    arguments: [
      ([Input<ReservationCommand>.told(.tradeCompleted, 1)], Refusal.alreadyCompleted),
      ([.told(.tradeRejected, 1)], .alreadyRejected),
      ([.ask(.cancel(1)), .told(.tradeCanceled, 1)], .alreadyCanceled),
    ])
  func `an ended reservation can only be deleted`(end: [Input<ReservationCommand>], refusal: Refusal) throws {
    let ended = try Scenario(rules, [.ask(.reserve(1))] + end)
    ended.when(.ask(.cancel(1))).then("CommandRejected \(refusal.rawValue) → me")
    ended.when(.ask(.move(1, address: "부산"))).then("CommandRejected \(refusal.rawValue) → me")
    ended.when(.ask(.cancel(1, delete: true, seen: Seen(version: 9)))).then("CommandRejected stale → me")
    let deleted = ended.when(.ask(.cancel(1, delete: true))).then("ReserveDeleted #1 → me")
    #expect(deleted.state?.isDeleted == true)
    #expect(deleted.state?.status == ended.state?.status)
    deleted.when(.ask(.cancel(1, delete: true))).then("CommandRejected notFound → me")
  }

  @Test func `a cancel with delete hides the reservation once the trade confirms it`() throws {
    let asked = try given(rules, .ask(.reserve(1)), .ask(.cancel(1, delete: true)))
    #expect(asked.state?.isDeleted == false)
    #expect(asked.when(.told(.tradeCanceled, 1)).then("ReserveCanceled #1 → me").state?.isDeleted == true)
  }

  @Test func `the date and address can be changed while the deal runs`() throws {
    let changed = try given(rules, .ask(.reserve(1)), .told(.tradeStarted, 1))
      .when(.ask(.move(1, to: "2024-05-05", address: ""))).then("ReserveChanged #1 → me")
    #expect(changed.state?.deal.terms?.reserveDt == "2024-05-05")
    #expect(changed.state?.deal.terms?.address == "")
    #expect(changed.state?.status == .running)
  }

  @Test func `a change or cancel from a stale page is rejected`() throws {
    let seen = Seen(version: 1)
    let moved = try given(rules, .ask(.reserve(1))).when(.ask(.move(1, address: "부산", seen: seen)))
      .then("ReserveChanged #1 → me")
    #expect(moved.state?.version == 2)
    moved.when(.ask(.move(1, to: "2024-05-05", seen: seen))).then("CommandRejected stale → me")
    moved.when(.ask(.cancel(1, seen: seen))).then("CommandRejected stale → me")
    // What the trade says meanwhile does not make a change of address stale.
    moved.when(.told(.tradeStarted, 1), .ask(.move(1, address: "대구", seen: Seen(version: 2))))
      .then("ReserveChanged #1 → me")
    moved.when(.ask(.move(1, address: "대구"))).then("ReserveChanged #1 → me")
  }

  @Test func `the rejection of a stale change contains the present values`() throws {
    var state: Reservation?
    for input in [
      Input<ReservationCommand>.ask(.reserve(1)), .ask(.move(1, address: "부산")),
      .ask(.move(1, address: "대구", seen: Seen(version: 1))),
    ] {
      guard let said = rules.decide(input, at: .zero, &state, under: .timeless).last else { continue }
      let outcome = rules.outcome(of: said, for: .reserve, state: state)
      guard !outcome.accepted else { continue }
      #expect(outcome.fields["reason"] == "stale")
      #expect(outcome.fields["reserveDt"] == "2024-04-04" && outcome.fields["version"] == "2")
    }
    #expect(state?.deal.terms?.address == "부산")
  }

  @Test func `an unknown id, another product or another worker's command is rejected`() throws {
    try given(rules).when(.ask(.cancel(1))).then("CommandRejected notFound → me")
    try given(rules).when(.ask(.move(1, to: "2024-05-05"))).then("CommandRejected notFound → me")
    try given(rules, .ask(.reserve(1))).when(.ask(.cancel(1, productid: 7))).then(
      "CommandRejected notFound → me")
  }
}
