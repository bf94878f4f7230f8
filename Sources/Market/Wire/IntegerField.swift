/// A whole number in plain decimal digits, within a range.
struct IntegerField: Field {
  /// The largest integer every JSON reader keeps exactly: 2^53 − 1.
  static let limit = 9_007_199_254_740_991
  /// The most units one deal, listing or stock can be of.
  static let most = 1_000_000

  let name: String
  let range: ClosedRange<Int>

  var expected: String { "a whole number from \(range.lowerBound) to \(range.upperBound)" }

  var koreanExpected: String { "\(range.lowerBound)부터 \(range.upperBound)까지의 정수" }

  func parse(_ text: String) throws(FieldError) -> Int {
    var value = 0
    for byte in text.utf8 {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw refusal(.notANumber, text) }
      // Held just past the limit, so that a number of any length is read without overflow.
      value = min(value * 10 + Int(byte - UInt8(ascii: "0")), Self.limit + 1)
    }
    guard range.contains(value) else { throw refusal(.outOfRange, text) }
    return value
  }
}

extension Field where Self == IntegerField {
  static var id: IntegerField { .key("id") }
  static var productid: IntegerField { .key("productid") }
  static var reserveid: IntegerField { .key("reserveid") }
  static var tradeid: IntegerField { .key("tradeid") }
  /// How often what a person can change of a thing has changed, from 1 on: what has no version is as it was made.
  static var version: IntegerField { .key("version") }
  static var price: IntegerField { IntegerField(name: "price", range: 0...IntegerField.limit) }
  static var qty: IntegerField { IntegerField(name: "qty", range: 1...IntegerField.most) }

  /// The name of a thing: a number from 1 on.
  static func key(_ name: String) -> IntegerField { IntegerField(name: name, range: 1...IntegerField.limit) }

  /// A number of units, which can be 0.
  static func units(_ name: String) -> IntegerField { IntegerField(name: name, range: 0...IntegerField.most) }

  /// Any number that is not negative.
  static func count(_ name: String) -> IntegerField {
    IntegerField(name: name, range: 0...IntegerField.limit)
  }
}
