extension ProductTrade: Stored {
  /// `listing`, `onhand`, `owed`, and a field for every deal: `running:<reserveid>` or `line:<reserveid>`.
  public var fields: Fields {
    var fields = ownFields
    for deal in running.values.sorted(by: { $0.deal.reserveid < $1.deal.reserveid }) {
      fields.append(Self.name(of: deal), packed(deal.write))
    }
    for deal in line { fields.append(Self.name(of: deal), packed(deal.write)) }
    return fields
  }

  /// Packs only the deals that changed: there can be thousands that did not.
  public func changes(since before: ProductTrade) -> FieldChanges {
    var changes = FieldChanges()
    if listing != before.listing { changes.set("listing", listing?.fields.packed) }
    if onHand != before.onHand { changes.set("onhand", onHand.map { String($0) }) }
    if owed != before.owed { changes.set("owed", owed == 0 ? nil : String(owed)) }
    for (reserveid, deal) in running where before.running[reserveid] != deal {
      changes.written.append(Self.name(of: deal), packed(deal.write))
    }
    for (reserveid, deal) in before.running where running[reserveid] == nil {
      changes.removed.append(Self.name(of: deal))
    }
    if line == before.line { return changes }
    let old = Set(before.line)
    for deal in line where !old.contains(deal) {
      changes.written.append(Self.name(of: deal), packed(deal.write))
    }
    let kept = Set(line.map(\.deal.reserveid))
    for deal in before.line where !kept.contains(deal.deal.reserveid) {
      changes.removed.append(Self.name(of: deal))
    }
    return changes
  }

  /// Reads the fields in any order: each deal has its own place in the line.
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

  private var ownFields: Fields {
    var fields = Fields()
    fields.write("listing", listing?.fields.packed)
    fields.write("onhand", onHand)
    fields.write("owed", owed == 0 ? nil : owed)
    return fields
  }

  private static func name(of deal: RunningDeal) -> String { "\(runningPrefix)\(deal.deal.reserveid)" }
  private static func name(of deal: WaitingDeal) -> String { "\(linePrefix)\(deal.deal.reserveid)" }

  /// What the names of the fields of deals begin with; a reservation's id follows.
  public static let runningPrefix = "running:"
  public static let linePrefix = "line:"

  private func packed(_ write: (inout Fields) -> Void) -> String {
    var fields = Fields()
    fields.pairs.reserveCapacity(18)
    write(&fields)
    return fields.packed
  }
}
