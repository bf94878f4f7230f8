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

  public var description: String { "\(milliseconds)-\(sequence)" }

  public static func < (left: EntryID, right: EntryID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }
}

extension EntryID {
  /// The entry's time, ISO 8601 in UTC to the millisecond: `2024-04-04T09:30:00.000Z`.
  public var timestamp: String {
    let (year, month, day) = Self.date(ofDay: milliseconds / 86_400_000)
    let time = milliseconds % 86_400_000
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60)
    let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
    let clock = "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
    return "\(date)T\(clock).\(Self.padded(time % 1000, 3))Z"
  }

  /// The Gregorian date of a day since 1970-01-01, by counting eras of 400 years that begin in March.
  private static func date(ofDay day: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    let shifted = day + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private static func padded(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number)
    return digits.utf8.count < width
      ? String(repeating: "0", count: width - digits.utf8.count) + digits : digits
  }
}
