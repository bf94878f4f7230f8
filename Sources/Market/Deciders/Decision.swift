/// One decision in the making: the state so far, and the emitted events.
struct Decision<Rules: Decider> {
  private(set) var state: Rules.State
  private(set) var events: [Event] = []
  let position: EntryID
  let policy: Policy

  init(_ state: consuming Rules.State, at position: EntryID, under policy: Policy) {
    self.state = state
    self.position = position
    self.policy = policy
  }

  /// When it is: no decision knows another time.
  var now: Moment { position.moment }

  /// Applies an event of the journal.
  mutating func observe(_ event: Event) {
    Rules.evolve(&state, event, at: position)
  }

  /// Emits an event and applies it; `caller` sent the command that it finishes.
  mutating func emit(_ fact: Fact, to caller: Caller? = nil, askedBy asker: Caller? = nil) {
    let event = Event(fact, caller: caller, asker: asker)
    Rules.evolve(&state, event, at: position)
    events.append(event)
  }

  mutating func refuse(
    _ command: some CommandPayload, _ refusal: Refusal, _ caller: Caller?, userid: String? = nil,
    retryAt: Moment? = nil
  ) {
    let kind = type(of: command).kind
    emit(
      .rejected(
        Rejection(
          kind: kind, id: command.id, productid: command.productid, refusal: refusal, userid: userid,
          retryAt: retryAt)),
      to: caller)
  }
}
