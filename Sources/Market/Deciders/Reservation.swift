/// A buyer's reservation.
public struct Reservation: Hashable, Sendable {
  public var deal: Deal
  /// The status without a pending cancel.
  public var standing: Status
  /// A cancel is pending with the trade worker. It locks the reservation.
  public var cancelRequested = false
  /// The caller of that cancel.
  public var canceler: Caller?
  /// When the deal ends by itself, as the trade last told.
  public var until: Moment?
  /// When the trade ended it; nil before, and if an older release heard of it.
  public var endedAt: Moment?

  public init(_ deal: Deal, standing: Status = .reserved) {
    self.deal = deal
    self.standing = standing
  }

  public var status: Status { cancelRequested ? .cancelRequested : standing }

  public var version: Int { deal.terms?.version ?? 1 }

  /// Whether it is removed from the lists.
  public var isDeleted: Bool { deal.delete && !cancelRequested && ended != nil }

  /// Whether all has been said of it, so that it can leave for the archive.
  public var isSettled: Bool { ended != nil && !cancelRequested }

  /// When it goes to the archive.
  public var timers: [Timer] {
    guard isSettled, let endedAt else { return [] }
    return [Timer(.ended, of: deal.reserveid, deal.productid, at: endedAt)]
  }

  /// Why nothing can be changed any longer; nil until it has ended.
  public var ended: Refusal? {
    switch standing {
    case .completed: .alreadyCompleted
    case .canceled: .alreadyCanceled
    case .rejected: .alreadyRejected
    case .calledOff: .alreadyCalledOff
    case .expired: .alreadyExpired
    case .reserved, .waiting, .running, .handedOver, .cancelRequested, .onSale, .saleEnded, .stockRegistered,
      .stockAdjusted,
      .stockWithdrawn, .stockHeld, .stockShort, .stockDecreased, .stockReleased:
      nil
    }
  }
}

extension Reservation: Stored {
  /// The reservation as its outcomes tell it: without the address, which only the two parties are shown.
  public var view: Fields {
    var view: Fields = [
      "id": String(deal.reserveid), "productid": String(deal.productid), "userid": deal.userid,
      "productname": deal.productname, "qty": String(deal.qty),
    ]
    if let terms = deal.terms {
      view.append("reserveDt", terms.reserveDt)
      view.write("price", terms.price)
    }
    view.append("status", status.rawValue)
    view.write("until", until?.description)
    view.write(deal.confirm)
    view.write("reason", deal.cause?.rawValue)
    if let terms = deal.terms { view.write(version: terms.version) }
    return view
  }

  public var fields: Fields {
    var fields = Fields()
    fields.pairs.reserveCapacity(15)
    deal.write(to: &fields, of: .reservation)
    fields.write("status", status.rawValue)
    if cancelRequested { fields.write("deal", standing.rawValue) }
    fields.write("cancelcommandid", canceler?.commandid)
    fields.write("cancelreplyto", canceler?.replyto)
    fields.write("canceldigest", canceler?.digest?.text)
    canceler?.actor?.write(to: &fields)
    fields.write("deleted", isDeleted)
    fields.write("until", until?.description)
    fields.write("endedAt", endedAt?.description)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    let status: Status = try fields.read(.code("status"))
    let underneath: Status? = try fields.find(.code("deal"))
    self.init(try Deal(fields: fields, of: .reservation), standing: underneath ?? status)
    cancelRequested = status == .cancelRequested
    until = try fields.find(.moment("until"))
    endedAt = try fields.find(.moment("endedAt"))
    if let commandid = try fields.find(.key("cancelcommandid") as TextField) {
      canceler = try Caller(
        commandid: commandid, replyto: fields.find(.key("cancelreplyto") as TextField),
        digest: fields.find(.digest("canceldigest")), actor: ActingUser(fields: fields))
    }
  }
}
