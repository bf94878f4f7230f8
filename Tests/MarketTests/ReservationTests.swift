import Testing

@testable import Market

@Suite("A reservation")
struct ReservationTests {
  private let rules = ReservationDecider.self

  @Test("is taken, and answered at once")
  func reserve() throws {
    let made = try given(rules).when(.ask(.reserve(1))).then("ReserveCompleted #1 → me")
    #expect(made.state?.status == .reserved)
  }

  @Test("keeps its id, even once deleted")
  func duplicate() throws {
    try given(rules, .ask(.reserve(1))).when(.ask(.reserve(1, qty: 3))).then(
      "CommandRejected duplicateId → me")
    try given(rules, .ask(.reserve(1)), .told(.tradeRejected, 1), .ask(.cancel(1, delete: true)))
      .when(.ask(.reserve(1))).then("CommandRejected duplicateId → me")
  }

  @Test(
    "follows the trade",
    arguments: [
      (DealStep.tradeStarted, Status.running), (.tradeWaiting, .waiting), (.tradeRejected, .rejected),
      (.tradeCompleted, .completed),
    ])
  func follow(step: DealStep, status: Status) throws {
    let followed = try given(rules, .ask(.reserve(1))).when(.told(step, 1)).then()
    #expect(followed.state?.status == status)
  }

  @Test("never changes once it has ended", arguments: [DealStep.tradeRejected, .tradeCompleted])
  func ended(step: DealStep) throws {
    let end = try given(rules, .ask(.reserve(1)), .told(step, 1))
    #expect(end.when(.told(.tradeStarted, 1)).then().state == end.state)
  }

  @Test("is cancelled only by the trade's word, which answers who asked")
  func cancel() throws {
    let asked = try given(rules, .ask(.reserve(1)))
      .when(.ask(.cancel(1), by: "canceler")).then("ReserveCancelRequested #1")
    #expect(asked.state?.status == .cancelRequested)
    let done = asked.when(.told(.tradeCanceled, 1, held: 1)).then("ReserveCanceled #1 → canceler")
    #expect(done.state?.status == .canceled)
    #expect(done.state?.isDeleted == false)
  }

  @Test("keeps its lock while the trade goes on, and what it is underneath")
  func lock() throws {
    let locked = try given(rules, .ask(.reserve(1)), .ask(.cancel(1), by: "canceler"))
      .when(.told(.tradeStarted, 1)).then()
    #expect(locked.state?.status == .cancelRequested)
    locked.when(.ask(.cancel(1))).then("CommandRejected cancelInProgress → me")
    locked.when(.ask(.move(1, to: "2024-05-05"))).then("CommandRejected cancelInProgress → me")
    let refused = locked.when(.told(.tradeCompleted, 1), .told(.cancelRefused, 1, .alreadyEnded))
      .then("CommandRejected alreadyCompleted → canceler")
    #expect(refused.state?.status == .completed)
  }

  @Test("is told of again where a refused cancel leaves it")
  func refusedStatus() throws {
    var state: Reservation?
    for (index, input) in [
      Input<ReservationCommand>.ask(.reserve(1)), .ask(.cancel(1, delete: true)),
      .told(.tradeRejected, 1, .soldOut),
    ].enumerated() {
      _ = rules.decide(input, at: EntryID(milliseconds: UInt64(index), sequence: 0), &state)
    }
    let said = rules.decide(.told(.cancelRefused, 1, .alreadyEnded), at: .zero, &state)
    #expect(said.first?.status == .rejected)
    #expect(state?.isDeleted == false)
  }

  @Test(
    "that has ended cannot be cancelled or changed",
    arguments: [
      ([Input<ReservationCommand>.told(.tradeCompleted, 1)], Refusal.alreadyCompleted),
      ([.told(.tradeRejected, 1)], .alreadyRejected),
      ([.ask(.cancel(1)), .told(.tradeCanceled, 1)], .alreadyCanceled),
    ])
  func refusals(end: [Input<ReservationCommand>], refusal: Refusal) throws {
    let ended = try Scenario(rules, [.ask(.reserve(1))] + end)
    ended.when(.ask(.cancel(1))).then("CommandRejected \(refusal.rawValue) → me")
    ended.when(.ask(.move(1, address: "부산"))).then("CommandRejected \(refusal.rawValue) → me")
    ended.when(.ask(.cancel(1, delete: true, seen: Seen(version: 9)))).then("CommandRejected stale → me")
    let deleted = ended.when(.ask(.cancel(1, delete: true))).then("ReserveDeleted #1 → me")
    #expect(deleted.state?.isDeleted == true)
    #expect(deleted.state?.status == ended.state?.status)
    deleted.when(.ask(.cancel(1, delete: true))).then("CommandRejected notFound → me")
  }

  @Test("that is deleted disappears when its cancel comes through")
  func delete() throws {
    let asked = try given(rules, .ask(.reserve(1)), .ask(.cancel(1, delete: true)))
    #expect(asked.state?.isDeleted == false)
    #expect(asked.when(.told(.tradeCanceled, 1)).then("ReserveCanceled #1 → me").state?.isDeleted == true)
  }

  @Test("changes its date and address until it has ended")
  func change() throws {
    let changed = try given(rules, .ask(.reserve(1)), .told(.tradeStarted, 1))
      .when(.ask(.move(1, to: "2024-05-05", address: ""))).then("ReserveChanged #1 → me")
    #expect(changed.state?.deal.terms?.reserveDt == "2024-05-05")
    #expect(changed.state?.deal.terms?.address == "")
    #expect(changed.state?.status == .running)
  }

  @Test("is changed and cancelled only by who has seen it as it is")
  func stale() throws {
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

  @Test("tells who comes late what there is now")
  func staleOutcome() throws {
    var state: Reservation?
    for input in [
      Input<ReservationCommand>.ask(.reserve(1)), .ask(.move(1, address: "부산")),
      .ask(.move(1, address: "대구", seen: Seen(version: 1))),
    ] {
      guard let said = rules.decide(input, at: .zero, &state).last else { continue }
      let outcome = rules.outcome(of: said, state: state)
      guard !outcome.accepted else { continue }
      #expect(outcome.fields["reason"] == "stale")
      #expect(outcome.fields["address"] == "부산" && outcome.fields["version"] == "2")
    }
    #expect(state?.deal.terms?.address == "부산")
  }

  @Test("is not found by another id or product, and takes nobody else's commands")
  func strangers() throws {
    try given(rules).when(.ask(.cancel(1))).then("CommandRejected notFound → me")
    try given(rules).when(.ask(.move(1, to: "2024-05-05"))).then("CommandRejected notFound → me")
    try given(rules, .ask(.reserve(1))).when(.ask(.cancel(1, productid: 7))).then(
      "CommandRejected notFound → me")
  }
}
