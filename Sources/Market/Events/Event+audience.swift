extension Event {
  /// The seller concerned, if the event says so.
  public var seller: String? {
    if case .listing(_, let listing) = fact { return listing.userid }
    return deal?.seller
  }

  public var tradeid: Int? {
    if case .listing(_, let listing) = fact { return listing.id }
    return deal?.tradeid
  }

  public var productname: String {
    switch fact {
    case .listing(_, let listing): listing.productname
    case .stock(_, let level): level.productname
    case .deal(_, let deal), .hold(_, let deal, _): deal.productname
    case .rejected: ""
    }
  }

  /// Whose reservation it is: the deal's buyer, or who asked for a cancel that was refused.
  public var buyer: String? {
    if case .rejected(let rejection) = fact { return rejection.userid }
    return deal?.userid
  }

  /// The reservation concerned.
  public var reserveid: Int? {
    if case .rejected(let rejection) = fact { return rejection.id }
    return deal?.reserveid
  }

  /// Why the seller called the deal off, if the event says so.
  public var cause: CancelReason? { deal?.cause }

  /// The reason, if the event has one.
  public var refusal: Refusal? {
    if case .rejected(let rejection) = fact { return rejection.refusal }
    return deal?.refusal
  }
}
