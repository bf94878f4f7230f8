extension ProductTrade {
  /// The timers that a change of the state sets and cancels.
  public struct TimerChanges: Equatable, Sendable {
    public var set: [Timer] = []
    public var canceled: [Timer] = []

    mutating func note(_ now: [Timer], instead before: [Timer]) {
      if now == before { return }
      set += now.filter { !before.contains($0) }
      canceled += before.filter { !now.contains($0) }
    }
  }

  /// Returns how its timers differ from those of `before`. Looks only at deals that changed.
  public func timerChanges(since before: ProductTrade) -> TimerChanges {
    var changes = TimerChanges()
    for (id, deal) in running where before.running[id] != deal {
      changes.note(deal.timers, instead: before.running[id]?.timers ?? [])
    }
    for (id, deal) in before.running where running[id] == nil { changes.note([], instead: deal.timers) }
    // A line is short, and its deals have one timer each.
    changes.note(line.flatMap(\.timers), instead: before.line.flatMap(\.timers))
    var former = before.listing?.timers ?? []
    // A listing that another one follows still goes to the archive.
    if let listing, listing.id != before.listing?.id { former.removeAll { $0.kind == .ended } }
    changes.note(listing?.timers ?? [], instead: former)
    return changes
  }

  /// Returns whether one of its states has this very timer.
  func has(_ timer: Timer) -> Bool {
    switch timer.kind {
    case .expiry, .reminder, .receipt: running[timer.id]?.timers.contains(timer) ?? false
    case .waiting: waiting(timer.id)?.timers.contains(timer) ?? false
    case .listing: listing?.timers.contains(timer) ?? false
    case .ended: listing?.hasEnded(timer) ?? false
    }
  }
}

extension RunningDeal {
  var timers: [Timer] {
    let course = deal.course
    var timers: [Timer] = []
    if let until = course.until {
      let kind = phase == .awaitingReceipt ? Timer.Kind.receipt : .expiry
      timers.append(Timer(kind, of: deal.reserveid, deal.productid, at: until))
    }
    if let remindAt = course.remindAt {
      timers.append(Timer(.reminder, of: deal.reserveid, deal.productid, at: remindAt))
    }
    return timers
  }
}

extension WaitingDeal {
  var timers: [Timer] {
    deal.course.until.map { [Timer(.waiting, of: deal.reserveid, deal.productid, at: $0)] } ?? []
  }
}

extension Listing {
  /// When its seller is reminded of it, or when it went to an end.
  public var timers: [Timer] {
    let (kind, moment) = closed == nil ? (Timer.Kind.listing, remindAt) : (.ended, endedAt)
    return moment.map { [Timer(kind, of: id, productid, at: $0)] } ?? []
  }

  /// Whether it goes to the archive by this timer.
  func hasEnded(_ timer: Timer) -> Bool {
    closed != nil && timer == Timer(.ended, of: id, productid, at: endedAt ?? .unknown)
  }
}
