/// A day of the calendar, or a time of ISO 8601 on one; kept as it was sent.
///
/// `2024-04-04`, `2024-04-04T10:00`, `2024-04-04T10:00:00.5+09:00`. A time without a zone is the person's own.
struct DateField: Field {
  let name: String

  var expected: String { "a date such as 2024-04-04 or a time such as 2024-04-04T10:00:00Z" }

  var koreanExpected: String { "2024-04-04 같은 날짜 또는 2024-04-04T10:00:00Z 같은 시각" }

  func parse(_ text: String) throws(FieldError) -> String {
    var cursor = Cursor(rest: text.utf8[...])
    guard cursor.date(), cursor.isAtEnd || cursor.time() && cursor.zone() && cursor.isAtEnd else {
      throw refusal(.notADate, text)
    }
    return text
  }

  private struct Cursor {
    var rest: Substring.UTF8View

    var isAtEnd: Bool { rest.isEmpty }

    mutating func date() -> Bool {
      guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
        (1...12).contains(month)
      else { return false }
      let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
      let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      return (1...days[month - 1]).contains(day)
    }

    mutating func time() -> Bool {
      guard take("T"), clock() else { return false }
      if take(":") {
        guard let second = number(2), second < 60 else { return false }
        if take(".") { return fraction() }
      }
      return true
    }

    mutating func zone() -> Bool {
      if isAtEnd || take("Z") { return true }
      return (take("+") || take("-")) && clock()
    }

    private mutating func clock() -> Bool {
      guard let hour = number(2), take(":"), let minute = number(2) else { return false }
      return hour < 24 && minute < 60
    }

    /// One to nine digits: no clock is finer than a nanosecond.
    private mutating func fraction() -> Bool {
      var digits = 0
      while number(1) != nil { digits += 1 }
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
}

extension Field where Self == DateField {
  static var reserveDt: DateField { DateField(name: "reserveDt") }
}
