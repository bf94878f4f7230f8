/// A point in time to the millisecond, from 1970 on.
///
/// Written in ISO 8601, in UTC: `2024-04-04T09:30:00.000Z`.
public struct Moment: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01T00:00Z.
  public let milliseconds: UInt64

  /// Stands for a time that an older release did not note.
  public static let unknown = Moment(milliseconds: 0)

  public init(milliseconds: UInt64) { self.milliseconds = milliseconds }

  /// Returns the moment some milliseconds later, or earlier; 1970 at the earliest.
  public func advanced(by milliseconds: Int) -> Moment {
    let (moved, overflows) = Int(clamping: self.milliseconds).addingReportingOverflow(milliseconds)
    return Moment(milliseconds: UInt64(clamping: overflows ? .max : moved))
  }

  /// Returns how many milliseconds after this moment another one is; negative if it is before.
  public func distance(to other: Moment) -> Int {
    Int(clamping: other.milliseconds) - Int(clamping: milliseconds)
  }

  public static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }
}

extension Moment {
  public var description: String {
    let (year, month, day) = Calendar.date(ofDay: milliseconds / 86_400_000)
    let time = milliseconds % 86_400_000
    return String(unsafeUninitializedCapacity: 32) { bytes in
      var count = 0
      func put(_ number: UInt64, _ width: Int, then mark: Unicode.Scalar) {
        var (rest, place) = (number, count + width)
        while place > count {
          place -= 1
          bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
        bytes[count + width] = UInt8(ascii: mark)
        count += width + 1
      }
      put(year, max(4, String(year).utf8.count), then: "-")
      put(month, 2, then: "-")
      put(day, 2, then: "T")
      put(time / 3_600_000, 2, then: ":")
      put(time / 60_000 % 60, 2, then: ":")
      put(time / 1000 % 60, 2, then: ".")
      put(time % 1000, 3, then: "Z")
      return count
    }
  }

  /// Parses what `description` writes; nil for anything else.
  public init?(_ text: String) {
    guard let date = DealDate(text), date.hasZone, let moment = UInt64(exactly: date.time) else { return nil }
    self.init(milliseconds: moment)
    guard description == text else { return nil }
  }
}

extension EntryID {
  /// When the entry was taken in.
  public var moment: Moment { Moment(milliseconds: milliseconds) }

  /// The same as text.
  public var timestamp: String { moment.description }
}

/// A stored moment.
struct MomentField: Field {
  let name: String

  var expected: String { "a time such as 2024-04-04T10:00:00.000Z" }

  var koreanExpected: String { "2024-04-04T10:00:00.000Z 같은 시각" }

  func parse(_ text: String) throws(FieldError) -> Moment {
    guard let moment = Moment(text) else { throw refusal(.notADate, text) }
    return moment
  }
}

extension Field where Self == MomentField {
  static func moment(_ name: String) -> MomentField { MomentField(name: name) }
}
