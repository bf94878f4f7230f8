/// Writes the decimal text of an integer without creating a String.
struct DecimalDigits {
  private let number: Int
  let count: Int

  init(_ number: Int) {
    self.number = number
    var count = number < 0 ? 2 : 1
    var rest = number.magnitude
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    self.count = count
  }

  func append(to bytes: inout [UInt8]) {
    var place = bytes.count + count
    for _ in 0..<count { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    repeat {
      place -= 1
      bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
  }
}
