import Market
import Redis

/// The entry of a dead-letter stream: what is wrong, and the raw fields, their names prefixed with `field:`.
///
/// Its size is bounded: long names and values are truncated, and fields beyond the limits are dropped. In
/// that case the field `cut` holds the size of the whole entry in bytes. A cut letter cannot be replayed.
struct DeadLetterEntry {
  /// The number of bytes kept of one name and of one value.
  static let longestName = 256
  static let longestValue = 4096
  /// The number of bytes kept of all fields together, and the maximum number of fields.
  static let longest = 16_384
  static let mostFields = 1000

  private let key: String
  private let facts: [(name: String, value: String)]
  private var names: [[UInt8]] = []
  private var values: [[UInt8]] = []
  private var isCut = false
  private let size: Int

  init(of entry: Entry, from stream: String, by lane: LaneName, because error: FieldError) {
    key = lane.deadLetters
    facts = [
      ("worker", lane.worker), ("stream", stream), ("entry", "\(entry.id)"),
      ("reason", error.reason.rawValue),
      ("wrong", error.field), ("message", error.message),
    ]
    size = entry.byteCount
    var room = Self.longest
    var name: [UInt8]?
    for part in entry.body {
      guard values.count < Self.mostFields, room > 0 else {
        isCut = true
        break
      }
      let longest = name == nil ? Self.longestName : Self.longestValue
      let kept = part.withBytes { Array($0.prefix(min(longest, room))) } ?? []
      if kept.count < part.withBytes({ $0.count }) ?? 0 { isCut = true }
      room -= kept.count
      if let known = name {
        names.append(known)
        values.append(kept)
        name = nil
      } else {
        name = kept
      }
    }
    if entry.isCut { isCut = true }
  }

  /// Writes the command that appends it.
  func write(_ words: inout PackedWords) {
    words.add("XADD")
    words.add(key)
    words.add("*")
    for (name, value) in facts {
      words.add(name)
      words.add(value)
    }
    if isCut { words.add("cut", "\(size)") }
    for (name, value) in zip(names, values) {
      let name = Array("field:".utf8) + name
      name.withUnsafeBytes { words.add($0) }
      value.withUnsafeBytes { words.add($0) }
    }
  }
}
