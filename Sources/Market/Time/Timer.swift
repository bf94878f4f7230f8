/// Something that is due at a time, written by the worker that decides what then happens.
///
/// The clock of a shard (`{s}:timers`) holds the timers of its states, and gives back what is due as an entry of the
/// worker's commands, `type TimeCame`. The time is part of its name: a timer whose state meanwhile has another time,
/// or none, means nothing.
public struct Timer: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// A running deal ends, because its date has passed.
    case expiry
    /// The two sides of a running deal are reminded.
    case reminder
    /// A deal has waited long enough.
    case waiting
    /// A deal whose goods were handed over completes itself.
    case receipt
    /// A seller is reminded of a listing.
    case listing
    /// What has ended goes to the archive. Its time is that of the end, as the wait is no part of the state.
    case ended
  }

  public var kind: Kind
  /// The reservation; for `listing`, the trade; for `ended`, either.
  public var id: Int
  /// The product that it is about.
  public var productid: Int
  public var due: Moment

  public init(_ kind: Kind, of id: Int, _ productid: Int, at due: Moment) {
    self.kind = kind
    self.id = id
    self.productid = productid
    self.due = due
  }
}

extension Timer {
  /// Its name on the clock: `expiry:7:100:1795361246702`.
  public var member: String { "\(kind.rawValue):\(id):\(productid):\(due.milliseconds)" }

  /// Parses a name; nil if the text names no timer.
  public init?(member: String) {
    let parts = member.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4, let kind = Kind(rawValue: String(parts[0])), let id = Int(parts[1]),
      let productid = Int(parts[2]), let due = UInt64(parts[3])
    else { return nil }
    self.init(kind, of: id, productid, at: Moment(milliseconds: due))
    // Each timer has exactly one name.
    guard self.member == member else { return nil }
  }

  /// The `type` of the entry by which a timer comes back.
  public static let type = "TimeCame"

  /// Whether an entry among the commands is a timer, readable or not.
  public static func isOne(_ fields: Fields) -> Bool { fields["type"] == type }

  /// Returns nil for an entry that is none. Throws if it is one that cannot be read.
  public init?(fields: Fields) throws(FieldError) {
    guard Self.isOne(fields) else { return nil }
    let text = fields["timer"] ?? ""
    guard let timer = Timer(member: text) else {
      let kind = text.prefix { $0 != ":" }
      let isNewer = !kind.isEmpty && Kind(rawValue: String(kind)) == nil
      throw FieldError(
        "timer", isNewer ? .unknownWord : .notAllowed, expected: "a timer such as expiry:7:100:1795361246702",
        came: text)
    }
    self = timer
  }

  /// The entry as it is appended to the commands.
  public var fields: Fields { ["type": Self.type, "timer": member] }
}
