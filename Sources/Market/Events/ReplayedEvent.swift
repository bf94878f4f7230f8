/// An event that a lane is given once more, because it was put aside when its turn came.
///
/// It stands among the commands of the lane's worker: the event's own fields, and where it lies on the journal. The
/// lane takes it as that event with that position, so whoever arrived with it has the place in line that is his.
public struct ReplayedEvent: Sendable {
  public let event: Event
  /// The event's place on the journal.
  public let position: EntryID

  private static let name = "replays"

  public init(_ event: Event, at position: EntryID) {
    self.event = event
    self.position = position
  }

  /// The position that an entry among the commands names as its event's; nil for one that is no replay.
  public static func position(in fields: Fields) -> EntryID? { fields[name].flatMap { EntryID($0) } }

  /// Whether an entry among the commands is an event, of whatever kind and shape.
  public static func isOne(_ fields: Fields) -> Bool { fields[name] != nil }

  /// Nil for an entry that is no replay. Throws where it is one that cannot be read.
  public init?(fields: Fields) throws(FieldError) {
    guard let text = fields[Self.name] else { return nil }
    guard let position = EntryID(text) else {
      throw FieldError(
        Self.name, .outOfRange, expected: "the position of an event, such as 1712-0", came: text)
    }
    self.init(try Event(fields: fields), at: position)
  }

  /// The entry as it stands among the commands.
  public var fields: Fields { Fields([(Self.name, "\(position)")] + event.fields.pairs) }
}
