/// The position of an entry in a log: when it was taken in, and its place among those of that millisecond.
///
/// Every shard's clock: it says what came first, and no decision knows another time. Written `1712-3`.
public struct EntryID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let zero = EntryID(milliseconds: 0, sequence: 0)

  public var milliseconds: UInt64
  public var sequence: UInt64

  public init(milliseconds: UInt64, sequence: UInt64) {
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// Reads `milliseconds-sequence`, both plain decimal numbers; anything else is no position.
  public init?(_ text: String) {
    var text = text
    guard let position = text.withUTF8({ EntryID(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = position
  }

  public init?(_ text: Substring) { self.init(String(text)) }

  /// The same from raw bytes: every entry that is read has one.
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    var milliseconds: UInt64?
    var number: UInt64 = 0
    var digits = 0
    for byte in bytes {
      if byte == UInt8(ascii: "-") {
        guard milliseconds == nil, digits > 0 else { return nil }
        (milliseconds, number, digits) = (number, 0, 0)
      } else {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
        let (sum, overflows) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        if isTooLarge || overflows { return nil }
        number = sum
        digits += 1
      }
    }
    guard let milliseconds, digits > 0 else { return nil }
    self.init(milliseconds: milliseconds, sequence: number)
  }

  /// Returns how many milliseconds after the entry a moment is; 0 if it is before.
  public func age(at now: UInt64) -> UInt64 { now > milliseconds ? now - milliseconds : 0 }

  public var description: String {
    // Every notice, row and update has one in it.
    String(unsafeUninitializedCapacity: 41) { bytes in
      var place = 0
      func put(_ number: UInt64) {
        let start = place
        var rest = number
        repeat {
          bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
          rest /= 10
          place += 1
        } while rest > 0
        bytes[start..<place].reverse()
      }
      put(milliseconds)
      bytes[place] = UInt8(ascii: "-")
      place += 1
      put(sequence)
      return place
    }
  }

  public static func < (left: EntryID, right: EntryID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }
}
