extension ProductTrade: Stored {
  /// `listing`, `onhand`, `owed`, and a field for every deal: `running:<reserveid>` or `line:<reserveid>`.
  public var fields: Fields {
    var fields = Fields()
    fields.write("listing", listing?.fields.packed)
    fields.write("onhand", onHand)
    fields.write("owed", owed == 0 ? nil : owed)
    for (reserveid, deal) in running.sorted(by: { $0.key < $1.key }) {
      fields.append("\(Self.runningPrefix)\(reserveid)", packed(deal.write))
    }
    for deal in line {
      fields.append("\(Self.linePrefix)\(deal.deal.reserveid)", packed(deal.write))
    }
    return fields
  }

  /// Reads the fields in any order: a deal knows its place in the line itself.
  public init(fields: Fields) throws(FieldError) {
    self.init()
    onHand = try fields.find(.units("onhand"))
    owed = try fields.find(.count("owed")) ?? 0
    for (name, value) in fields {
      if name == "listing" {
        listing = try Listing(fields: Fields(packed: value, of: name))
      } else if name.hasPrefix(Self.runningPrefix) {
        let deal = try RunningDeal(fields: Fields(packed: value, of: name))
        running[deal.deal.reserveid] = deal
      } else if name.hasPrefix(Self.linePrefix) {
        line.append(try WaitingDeal(fields: Fields(packed: value, of: name)))
      }
    }
    line.sort { $0.arrived < $1.arrived }
  }

  private static let runningPrefix = "running:"
  private static let linePrefix = "line:"

  private func packed(_ write: (inout Fields) -> Void) -> String {
    var fields = Fields()
    fields.pairs.reserveCapacity(18)
    write(&fields)
    return fields.packed
  }
}
