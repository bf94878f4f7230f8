/// What happens when time has passed.
extension Decision<TradeDecider> {
  /// How long a deal whose stock has not answered is left alone before its expiry is tried again.
  private static let patience = Policy.minute

  /// A timer of the state has come due. One that the state no longer has means nothing.
  mutating func meet(_ timer: Timer) {
    guard state.has(timer) else { return }
    switch timer.kind {
    case .expiry: expire(timer.id)
    case .reminder: remind(timer.id)
    case .waiting: endWaiting(timer.id)
    case .receipt: complete(timer.id)
    case .listing: remindOfListing()
    case .ended: archive()
    }
  }

  private mutating func expire(_ reserveid: Int) {
    guard let running = state.running[reserveid] else { return }
    var deal = running.deal
    switch running.phase {
    case .held:
      deal = annotated(deal).atRest
      deal.held = deal.qty
      emit(.deal(.tradeExpired, deal))
    case .starting, .handedOver:
      // The stock has been asked for the units, so only its answer tells what to give back.
      deal.course.until = now.advanced(by: Self.patience)
      emit(.deal(.tradeRescheduled, deal))
    case .awaitingReceipt:
      break
    }
  }

  private mutating func remind(_ reserveid: Int) {
    guard let running = state.running[reserveid] else { return }
    var deal = running.deal
    deal.course.remindAt = policy.nextReminder(of: running.waiting.reserveDt, after: now)
    // After a pause of the system, the date can have passed already.
    let isOver = policy.end(of: running.waiting.reserveDt).map { $0 <= now } ?? true
    emit(.deal(isOver ? .tradeRescheduled : .tradeReminded, deal))
  }

  private mutating func endWaiting(_ reserveid: Int) {
    guard let waiting = state.waiting(reserveid) else { return }
    let hasPassed =
      policy.end(of: waiting.reserveDt).map { $0 > waiting.arrived.moment && $0 <= now } ?? false
    emit(
      .deal(.tradeRejected, annotated(waiting.deal, hasPassed ? .datePassed : .waitedTooLong).atRest))
  }

  private mutating func complete(_ reserveid: Int) {
    guard let running = state.running[reserveid] else { return }
    complete(running.deal)
  }

  /// The listing leaves. Nothing runs or waits in one that is closed.
  private mutating func archive() {
    guard let listing = state.listing else { return }
    emit(.listing(.tradeArchived, listing))
  }

  private mutating func remindOfListing() {
    guard var listing = state.listing else { return }
    listing.remindAt = policy.listingReminder(after: now)
    emit(.listing(.listingReminded, listing))
  }

  /// Gives a deal with another date its new times.
  mutating func reschedule(_ reserveid: Int) {
    if let running = state.running[reserveid] {
      guard running.phase != .awaitingReceipt else { return }
      var course = policy.course(running: running.waiting.reserveDt, at: now)
      (course.wrongCodes, course.pausedUntil) = (
        running.deal.course.wrongCodes, running.deal.course.pausedUntil
      )
      reschedule(running.deal, to: course)
    } else if let waiting = state.waiting(reserveid) {
      reschedule(
        waiting.deal, to: policy.course(waiting: waiting.reserveDt, since: waiting.arrived.moment))
    }
  }

  private mutating func reschedule(_ deal: Deal, to course: Course) {
    guard deal.course != course else { return }
    var deal = deal
    deal.course = course
    emit(.deal(.tradeRescheduled, deal))
  }
}
