/// When a deal is to take place: a day of the calendar, or a time of ISO 8601 on one.
///
/// `2024-04-04`, `2024-04-04T10:00`, `2024-04-04T10:00:00.5+09:00`. A time without a zone is the person's own.
struct DealDate {
  /// The milliseconds from 1970-01-01 to the date as it is written; in UTC if a zone is given.
  private(set) var time = 0
  /// Whether it is a whole day.
  private(set) var isDay = true
  private(set) var hasZone = false

  private var rest: Substring.UTF8View

  /// Parses a date; nil if the text is none.
  init?(_ text: String) {
    rest = text.utf8[...]
    guard day() else { return nil }
    if rest.isEmpty { return }
    isDay = false
    guard clock(), rest.isEmpty || zone(), rest.isEmpty else { return nil }
  }

  private mutating func day() -> Bool {
    guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
      (1...12).contains(month)
    else { return false }
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    time = Calendar.day(year: year, month: month, day: day) * 86_400_000
    return (1...days[month - 1]).contains(day)
  }

  private mutating func clock() -> Bool {
    guard take("T"), let minutes = minutes() else { return false }
    time += minutes * 60_000
    if take(":") {
      guard let second = number(2), second < 60 else { return false }
      time += second * 1000
      if take(".") { return fraction() }
    }
    return true
  }

  private mutating func zone() -> Bool {
    hasZone = true
    if take("Z") { return true }
    let isEast = take("+")
    guard isEast || take("-"), let offset = minutes() else { return false }
    time += offset * (isEast ? -60_000 : 60_000)
    return true
  }

  private mutating func minutes() -> Int? {
    guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
    return hour * 60 + minute
  }

  /// One to nine digits: no clock is finer than a nanosecond.
  private mutating func fraction() -> Bool {
    var (digits, weight) = (0, 100)
    while let digit = number(1) {
      time += digit * weight
      weight /= 10
      digits += 1
    }
    return (1...9).contains(digits)
  }

  private mutating func number(_ digits: Int) -> Int? {
    var value = 0
    let head = rest.prefix(digits)
    guard head.count == digits else { return nil }
    for byte in head {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    rest = rest.dropFirst(digits)
    return value
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }
}
