/// A deal that waits in the line.
public struct WaitingDeal: Hashable, Sendable {
  public var deal: Deal
  /// The position of its `ReserveCompleted`: its place in the line, for good.
  public var arrived: EntryID
}

extension WaitingDeal {
  func write(to fields: inout Fields) {
    fields.write("arrived", arrived.description)
    deal.write(to: &fields)
  }

  init(fields: Fields) throws(FieldError) {
    let text = fields["arrived"] ?? ""
    guard let arrived = EntryID(text) else {
      throw FieldError("arrived", .notAllowed, expected: "a position such as 1712-3", came: text)
    }
    self.init(deal: try Deal(fields: fields), arrived: arrived)
  }
}
