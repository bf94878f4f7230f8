extension Event {
  /// The event as it is written to the journal: `type`, the facts, `status`, `commandid`, and who acted.
  ///
  /// Where the outcome is wanted is nobody's business there, so `replyto` is left out.
  public var fields: Fields {
    var fields = Fields()
    fields.pairs.reserveCapacity(20)
    fields.write("type", type)
    switch fact {
    case .deal(let step, let deal):
      deal.write(to: &fields, of: step.worker)
      fields.write("status", step.status?.rawValue)
    case .hold(let step, let deal, let level):
      deal.write(to: &fields)
      level.write(beside: deal, to: &fields)
      fields.write("status", step.status.rawValue)
    case .listing(_, let listing):
      listing.write(to: &fields)
    case .stock(let step, let level):
      level.write(to: &fields)
      fields.write("status", step.status.rawValue)
    case .rejected(let rejection):
      rejection.write(to: &fields)
    }
    let sender = caller ?? asker
    fields.write("commandid", sender?.commandid)
    sender?.actor?.write(to: &fields)
    return fields
  }

  /// Reads an entry of the journal; what it does not know is ignored.
  public init(fields: Fields) throws(FieldError) {
    let fact = try Fact(type: fields["type"] ?? "", fields: fields)
    let caller = try Caller(fields: fields)
    if case .deal(let step, _) = fact, step.passesOn {
      self.init(fact, asker: caller)
    } else {
      self.init(fact, caller: caller)
    }
  }
}

extension Event {
  /// The wire names of all events.
  public static let types = Set(steps.map { $0.rawValue } + [rejectedType])

  /// Whether an entry of the journal that cannot be read for this reason was written by a newer release: only releases
  /// write there, and this one knows all that it writes.
  public static func isNewer(_ error: FieldError, type: String?) -> Bool {
    type?.isEmpty == false && (error.reason == .unknownType || error.reason == .unknownWord)
  }

  /// What is wrong with an event that this release does not know.
  public static func unknown(_ type: String) -> FieldError {
    FieldError("type", .unknownType, expected: "the name of an event", came: type)
  }
}

extension Fact {
  fileprivate init(type: String, fields: Fields) throws(FieldError) {
    if let step = DealStep(rawValue: type) {
      self = .deal(step, try Deal(fields: fields, of: step.worker))
    } else if let step = StockAnswer(rawValue: type) {
      self = .hold(step, try Deal(fields: fields), try StockLevel(besideDeal: fields))
    } else if let step = ListingStep(rawValue: type) {
      self = .listing(step, try Listing(fields: fields))
    } else if let step = StockStep(rawValue: type) {
      self = .stock(step, try StockLevel(fields: fields))
    } else if type == Event.rejectedType {
      self = .rejected(try Rejection(fields: fields))
    } else {
      throw Event.unknown(type)
    }
  }
}
