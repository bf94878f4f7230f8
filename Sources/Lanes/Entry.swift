import Market
import Redis

/// One stream entry as it was read, not yet decoded.
public struct Entry: Sendable {
  /// The most bytes that an entry can have: as many as the ingress takes of a body, and some to spare. A larger one
  /// goes to the dead letters without anybody looking at it.
  public static let byteLimit = 256 << 10

  public let id: EntryID
  /// Which of the lane's streams it came from, by its place in `LaneSpec.streams`.
  public let stream: Int
  /// Names and values in turn.
  let body: Reply
  /// How many bytes its names and values have; of one that was read only in part, more than `body` has.
  let byteCount: Int

  init(id: EntryID, stream: Int, body: Reply, byteCount: Int? = nil) {
    self.id = id
    self.stream = stream
    self.body = body
    self.byteCount = byteCount ?? body.byteCount
  }

  var isTooLarge: Bool { byteCount > Self.byteLimit }
  /// Whether it was read only in part.
  var isCut: Bool { byteCount > body.byteCount }

  /// The raw value of a field, if it is there.
  public func value(_ name: StaticString) -> Reply? {
    var isMatch = false
    var isName = true
    for part in body {
      if isName { isMatch = part.equals(name) } else if isMatch { return part }
      isName.toggle()
    }
    return nil
  }

  /// All fields as text. Throws where a name or a value is not UTF-8.
  public func fields() throws(FieldError) -> Fields { try Fields(reading: body) }
}
