/// A deal that waits in the line.
public struct WaitingDeal: Hashable, Sendable {
  public var deal: Deal
  /// The position of its `ReserveCompleted`: its place in the line, for good.
  public var arrived: EntryID
  /// When it is to take place; empty for deals that an older release took in.
  public var reserveDt: String
  /// What the buyer offers, in won; nil for the listing's price.
  public var offer: Int?

  public init(deal: Deal, arrived: EntryID, reserveDt: String = "", offer: Int? = nil) {
    self.deal = deal
    self.arrived = arrived
    self.reserveDt = reserveDt
    self.offer = offer
  }
}

extension WaitingDeal {
  func write(to fields: inout Fields) {
    fields.write("arrived", arrived.description)
    fields.write("reserveDt", reserveDt)
    fields.write("offer", offer)
    deal.write(to: &fields)
  }

  init(fields: Fields) throws(FieldError) {
    let text = fields["arrived"] ?? ""
    guard let arrived = EntryID(text) else {
      throw FieldError("arrived", .notAllowed, expected: "a position such as 1712-3", came: text)
    }
    try self.init(
      deal: Deal(fields: fields), arrived: arrived, reserveDt: fields.find(.reserveDt) ?? "",
      offer: fields.find(.count("offer")))
  }
}
