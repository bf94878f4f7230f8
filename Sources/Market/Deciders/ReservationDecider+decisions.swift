extension Decision<ReservationDecider> {
  mutating func take(_ command: ReservationCommand, _ caller: Caller?) {
    switch command {
    case .reserve(let command): reserve(command, caller)
    case .changeReserve(let command): change(command, caller)
    case .cancelReserve(let command): cancel(command, caller)
    }
  }

  mutating func reserve(_ command: Reserve, _ caller: Caller?) {
    guard caller.mayAct(for: command.userid) else {
      return refuse(command, .notYours, caller, userid: command.userid)
    }
    guard state == nil else { return refuse(command, .duplicateId, caller, userid: command.userid) }
    emit(.deal(.reserveCompleted, Deal(command)), to: caller)
  }

  mutating func change(_ command: ChangeReserve, _ caller: Caller?) {
    guard let reservation = reservation(of: command) else { return refuse(command, .notFound, caller) }
    var deal = reservation.deal
    guard caller.mayAct(for: deal.userid) else {
      return refuse(command, .notYours, caller, userid: deal.userid)
    }
    if let refusal = reservation.cancelRequested ? .cancelInProgress : reservation.ended {
      return refuse(command, refusal, caller, userid: deal.userid)
    }
    guard command.seen.isTrue(version: reservation.version) else {
      return refuse(command, .stale, caller, userid: deal.userid)
    }
    if let reserveDt = command.reserveDt { deal.terms?.reserveDt = reserveDt }
    if let address = command.address { deal.terms?.address = address }
    deal.terms?.version += 1
    emit(.deal(.reserveChanged, deal), to: caller)
  }

  mutating func cancel(_ command: CancelReserve, _ caller: Caller?) {
    guard let reservation = reservation(of: command) else { return refuse(command, .notFound, caller) }
    var deal = reservation.deal
    guard caller.mayAct(for: deal.userid) else {
      return refuse(command, .notYours, caller, userid: deal.userid)
    }
    deal.delete = command.delete
    // An ended reservation cannot be canceled, but it can still be removed from the lists.
    let hasEnded = reservation.ended != nil && command.delete
    if let refusal = reservation.cancelRequested ? .cancelInProgress : hasEnded ? nil : reservation.ended {
      refuse(command, refusal, caller, userid: deal.userid)
    } else if !command.seen.isTrue(version: reservation.version) {
      refuse(command, .stale, caller, userid: deal.userid)
    } else if hasEnded {
      emit(.deal(.reserveDeleted, deal), to: caller)
    } else {
      emit(.deal(.reserveCancelRequested, deal), askedBy: caller)
    }
  }

  /// Follows the trade, which alone decides a cancel.
  mutating func follow(_ event: Event) {
    // A refused cancel removes the lock, and with it the caller who waits.
    let before = state
    observe(event)
    guard let before, before.cancelRequested, let reservation = state else { return }
    guard case .deal(let step, let deal) = event.fact else { return }
    switch step {
    case .tradeCanceled:
      emit(.deal(.reserveCanceled, reservation.deal), to: before.canceler)
    case .cancelRefused:
      let refusal = reservation.ended ?? deal.refusal ?? .alreadyEnded
      emit(
        .rejected(
          Rejection(
            kind: .cancelReserve, id: deal.reserveid, productid: deal.productid, refusal: refusal,
            userid: deal.userid, status: reservation.status)), to: before.canceler)
    case .tradeStarted, .tradeWaiting, .tradeRejected, .tradeCompleted, .handoverRequested, .reserveCompleted,
      .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted, .reserveArchived,
      .reserveForgotten, .tradeHandedOver,
      .tradeCalledOff, .tradeExpired, .tradeReminded, .tradeRescheduled, .tradeNext, .tradeTermsChanged,
      .codeRefused:
      break
    }
  }

  /// A reservation that ended long enough ago leaves. A time that is not that of its end means nothing.
  mutating func meet(_ timer: Timer) {
    guard timer.kind == .ended, let reservation = state, reservation.isSettled,
      timer.due == reservation.endedAt ?? .unknown
    else { return }
    emit(.deal(.reserveArchived, reservation.deal.withoutAddress))
  }

  /// Replaces a person of a reservation that has ended, on either side of it.
  mutating func forget(_ asked: ForgetUser, _ caller: Caller?) {
    guard let reservation = state, reservation.isSettled else { return }
    var deal = reservation.deal
    if asked.means(deal.userid) {
      deal.userid = Forgotten.user
      deal.terms?.address = ""
    }
    if let seller = deal.seller, asked.means(seller) { deal.seller = Forgotten.user }
    if deal != reservation.deal { emit(.deal(.reserveForgotten, deal), to: caller) }
  }

  /// Returns the reservation that a command names. Deleted reservations are not found.
  private func reservation(of command: some CommandPayload) -> Reservation? {
    guard let reservation = state, reservation.deal.productid == command.productid, !reservation.isDeleted
    else { return nil }
    return reservation
  }
}
