import Market
import Redis

/// One stream entry as it was read, not yet decoded.
public struct Entry: Sendable {
  public let id: EntryID
  /// Which of the lane's streams it came from, by its place in `LaneSpec.streams`.
  public let stream: Int
  /// Names and values in turn.
  let body: Reply

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
