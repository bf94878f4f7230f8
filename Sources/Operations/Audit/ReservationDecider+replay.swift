import Market

extension ReservationDecider: Replayable {
  static func begins(with event: Event) -> Bool {
    if case .deal(.reserveCompleted, _) = event.fact { true } else { false }
  }

  static func permits(_ entry: JournalEntry, in state: Reservation?, after observed: Event?) -> Bool {
    guard case .deal(let step, let deal) = entry.event.fact else { return false }
    guard step != .reserveCompleted else { return state == nil }
    guard let state else { return false }
    switch step {
    case .reserveChanged:
      return !state.cancelRequested && state.ended == nil && state.deal.differsOnlyByPerson(from: deal)
    case .reserveCancelRequested, .reserveDeleted:
      var asked = state.deal
      asked.delete = deal.delete
      return !state.cancelRequested && (state.ended != nil) == (step == .reserveDeleted) && asked == deal
    case .reserveCanceled:
      guard case .deal(.tradeCanceled, _) = observed?.fact else { return false }
      return state.cancelRequested && state.deal == deal
    case .reserveArchived:
      return state.isSettled && state.deal.withoutAddress == deal
    case .reserveForgotten:
      return state.isSettled && state.deal.differsOnlyByStandIns(from: deal)
    case .reserveCompleted, .tradeStarted, .tradeWaiting, .tradeRejected, .handoverRequested, .tradeCompleted,
      .tradeCanceled, .cancelRefused, .tradeHandedOver, .tradeCalledOff, .tradeExpired, .tradeReminded,
      .tradeRescheduled, .tradeNext, .tradeTermsChanged, .codeRefused:
      return false
    }
  }
}

extension Deal {
  /// Returns whether the other deal has stand-ins for people of this one, and is the same otherwise.
  fileprivate func differsOnlyByStandIns(from other: Deal) -> Bool {
    var same = self
    if other.userid == Forgotten.user {
      same.userid = other.userid
      same.terms?.address = ""
    }
    if other.seller == Forgotten.user, same.seller != nil { same.seller = other.seller }
    return same == other && self != other
  }

  /// Returns whether the deals differ only in what the buyer can change.
  fileprivate func differsOnlyByPerson(from other: Deal) -> Bool {
    var same = self
    same.terms?.reserveDt = other.terms?.reserveDt ?? ""
    same.terms?.address = other.terms?.address ?? ""
    if let version = other.terms?.version, version.follows(terms?.version ?? 1) {
      same.terms?.version = version
    }
    return same == other
  }
}
