import Lanes
import Market

/// The row of one reservation on my page, the same for its buyer and its seller: all that has happened up to
/// a position on the journal, and nothing else.
///
/// It begins when the reservation was made, also for the seller, who can have come to it later. There is at
/// most one seller: a reservation ends with its listing.
public struct MypageRow: Sendable {
  /// The position of the last event that it includes.
  public var position: EntryID
  /// When the reservation was made, in milliseconds; if that was trimmed, the time of the first known event.
  public let begun: Int
  /// The deal as the last event described it.
  public var deal: Deal
  public var status: Status?
  public var reserveStatus: Status?
  public var tradeStatus: Status?
  public var stockStatus: Status?
  /// When the deal ends by itself.
  public var until: Moment?
  /// Why it waits or has ended: a `Refusal`, or a `CancelReason`.
  public var reason: String?

  /// Creates a row without a status.
  public init(_ deal: Deal, at position: EntryID) {
    self.position = position
    self.deal = deal
    begun = Int(clamping: position.milliseconds)
  }
}

extension MypageRow {
  /// The row as it is stored.
  public var packed: String {
    var fields = Fields()
    fields.pairs.reserveCapacity(18)
    fields.append("position", position.description)
    fields.append("begun", String(begun))
    fields.append("productid", String(deal.productid))
    fields.append("productname", deal.productname)
    fields.append("qty", String(deal.qty))
    fields.append("buyer", deal.userid)
    fields.append("price", deal.terms?.price.map { String($0) })
    fields.append("reserveDt", deal.terms?.reserveDt)
    fields.append("address", deal.terms?.address)
    fields.append("seller", deal.seller)
    fields.append("tradeid", deal.tradeid.map { String($0) })
    fields.append("status", status?.rawValue)
    fields.append("reserveStatus", reserveStatus?.rawValue)
    fields.append("tradeStatus", tradeStatus?.rawValue)
    fields.append("stockStatus", stockStatus?.rawValue)
    fields.append("until", until?.description)
    fields.append("reason", reason)
    fields.append("confirm", deal.confirm == .none ? nil : deal.confirm.rawValue)
    return fields.packed
  }

  /// Reads a stored row. Throws if it is malformed, or has a status that this release does not know.
  public init(packed: String, reserveid: Int) throws(FieldError) {
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
    if let reserveDt = fields["reserveDt"] {
      terms = Terms(
        price: fields["price"].flatMap { Int($0) }, reserveDt: reserveDt, address: fields["address"] ?? "")
    }
    deal = Deal(
      reserveid: reserveid, productid: productid, userid: buyer, productname: fields["productname"] ?? "",
      qty: qty, terms: terms, tradeid: fields["tradeid"].flatMap { Int($0) }, seller: fields["seller"])
    until = fields["until"].flatMap { Moment($0) }
    reason = fields["reason"]
    deal.confirm = fields["confirm"].flatMap(Confirmation.init) ?? .none
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

extension MypageRowID {
  /// Returns a stored row as it is shown: adds the fields that follow from the name, and the times that
  /// follow from `position` and `begun`. Returns nil if the text is not packed fields.
  ///
  /// It does not read the whole row, so that rows of newer releases are shown too.
  public func fields(stored: String) -> Fields? {
    guard var fields = Fields(packed: stored) else { return nil }
    fields.append("reserveid", "\(reserveid)")
    fields.append("role", role.rawValue)
    if let begun = fields["begun"].flatMap({ UInt64($0) }) {
      fields.append("createdAt", EntryID(milliseconds: begun, sequence: 0).timestamp)
    }
    if let position = fields["position"].flatMap({ EntryID($0) }) {
      fields.append("updatedAt", position.timestamp)
    }
    return fields
  }
}
