import Market
import Redis

/// A stream entry as it was read, not yet decoded.
public struct Entry: Sendable {
  /// The maximum size of an entry in bytes: four times the 64 KiB that the ingress accepts as a body. A
  /// larger entry goes to the dead letters without being decoded.
  public static let byteLimit = 256 << 10

  public let id: EntryID
  /// The stream that it came from, as an index into `LaneSpec.streams`.
  public let stream: Int
  /// Names and values in turn.
  let body: Reply
  /// The size of all its names and values in bytes; more than `body` has if it was read only in part.
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

  /// Returns the raw value of a field; nil if there is none.
  public func value(_ name: StaticString) -> Reply? { body.value(name) }

  /// Returns all fields as text. Throws if a name or a value is not UTF-8.
  public func fields() throws(FieldError) -> Fields { try Fields(reading: body) }
}
