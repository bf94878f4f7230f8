import Keys
import Market

/// The row of one reservation on my page, the same for its buyer and its seller: all that has happened up to
/// a position on the journal, and nothing else.
///
/// It begins when the reservation was made, also for the seller, who can have come to it later. There is at
/// most one seller: a reservation ends with its listing.
struct MypageRow: Sendable {
  /// The position of the last event that it includes.
  private(set) var position: EntryID
  /// When the reservation was made, in milliseconds; if that was trimmed, the time of the first known event.
  let begun: Int
  /// The deal as the last event described it.
  private(set) var deal: Deal
  private var status: Status?
  private var reserveStatus: Status?
  private var tradeStatus: Status?
  private var stockStatus: Status?

  /// Creates a row from the first known event of the reservation.
  init(_ event: Event, of deal: Deal, at position: EntryID) {
    self.position = position
    self.deal = deal
    begun = Int(clamping: position.milliseconds)
    note(event)
  }

  /// Applies the next event of the reservation; ignores events that it already includes.
  mutating func apply(_ event: Event, of deal: Deal, at position: EntryID) {
    guard position > self.position else { return }
    let last = self.deal
    self.position = position
    self.deal = deal
    self.deal.seller = deal.seller ?? last.seller
    self.deal.tradeid = deal.tradeid ?? last.tradeid
    self.deal.terms = deal.terms ?? last.terms
    note(event)
  }

  private mutating func note(_ event: Event) {
    switch event.fact {
    case .deal(let step, _): note(step)
    case .hold(let step, _, _): stockStatus = step.status
    case .listing, .stock, .rejected: break
    }
  }

  private mutating func note(_ step: DealStep) {
    // A requested cancel can still be refused: until it is decided, the deal's status does not change.
    if step != .reserveCancelRequested, let told = step.status { status = told }
    switch step {
    case .reserveCompleted, .reserveCancelRequested, .reserveCanceled:
      reserveStatus = step.status
    case .tradeStarted, .tradeWaiting:
      tradeStatus = step.status
      // A trade follows its reservation, even if the journal no longer has that event.
      reserveStatus = reserveStatus ?? .reserved
    case .tradeRejected, .tradeCompleted:
      tradeStatus = step.status
    case .tradeCanceled:
      tradeStatus = .canceled
    case .cancelRefused:
      reserveStatus = .reserved
    case .reserveChanged, .reserveDeleted, .handoverRequested:
      break
    }
  }
}

extension MypageRow {
  /// The row as it is stored.
  var packed: String {
    var fields: Fields = [
      "position": "\(position)", "begun": "\(begun)", "productid": "\(deal.productid)",
      "productname": deal.productname, "qty": "\(deal.qty)", "buyer": deal.userid,
    ]
    for (name, value) in [
      ("price", deal.terms.map { "\($0.price)" }), ("reserveDt", deal.terms?.reserveDt),
      ("address", deal.terms?.address), ("seller", deal.seller), ("tradeid", deal.tradeid.map { "\($0)" }),
      ("status", status?.rawValue), ("reserveStatus", reserveStatus?.rawValue),
      ("tradeStatus", tradeStatus?.rawValue), ("stockStatus", stockStatus?.rawValue),
    ] {
      if let value { fields.append(name, value) }
    }
    return fields.packed
  }

  /// Reads a stored row. Throws if it is malformed, or has a status that this release does not know.
  init(packed: String, reserveid: Int) throws(FieldError) {
    guard let fields = Fields(packed: packed), let position = fields["position"].flatMap({ EntryID($0) }),
      let begun = fields["begun"].flatMap({ Int($0) }),
      let productid = fields["productid"].flatMap({ Int($0) }), let qty = fields["qty"].flatMap({ Int($0) }),
      let buyer = fields["buyer"]
    else {
      throw FieldError(
        field: "reserveid", reason: .notAllowed,
        message:
          "The row of reservation \(reserveid) on my page cannot be read: run handover rebuild mypages."
      )
    }
    self.position = position
    self.begun = begun
    var terms: Terms?
    if let price = fields["price"].flatMap({ Int($0) }), let reserveDt = fields["reserveDt"] {
      terms = Terms(price: price, reserveDt: reserveDt, address: fields["address"] ?? "")
    }
    deal = Deal(
      reserveid: reserveid, productid: productid, userid: buyer, productname: fields["productname"] ?? "",
      qty: qty, terms: terms, tradeid: fields["tradeid"].flatMap { Int($0) }, seller: fields["seller"])
    func status(_ name: String) throws(FieldError) -> Status? {
      guard let word = fields[name] else { return nil }
      if let status = Status(rawValue: word) { return status }
      throw FieldError(
        field: name, reason: .unknownWord,
        message: "The row of reservation \(reserveid) on my page has the \(name) \(word.printable).")
    }
    self.status = try status("status")
    reserveStatus = try status("reserveStatus")
    tradeStatus = try status("tradeStatus")
    stockStatus = try status("stockStatus")
  }
}
