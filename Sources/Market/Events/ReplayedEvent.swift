/// An event that a lane is given once more, because it was put aside when its turn came.
///
/// It is an entry of the worker's commands: the event's own fields, and its position on the journal. The
/// lane takes it as that event at that position, so its deal keeps its place in the line.
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

  /// Returns nil for an entry that is not a replay. Throws if it is a replay that cannot be read.
  public init?(fields: Fields) throws(FieldError) {
    guard let text = fields[Self.name] else { return nil }
    guard let position = EntryID(text) else {
      throw FieldError(
        Self.name, .outOfRange, expected: "the position of an event, such as 1712-0", came: text)
    }
    self.init(try Event(fields: fields), at: position)
  }

  /// The entry as it is appended to the commands.
  public var fields: Fields { Fields([(Self.name, "\(position)")] + event.fields.pairs) }
}
