/// The decimal text of an integer without a String.
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

  mutating func append(to bytes: inout [UInt8]) {
    let end = bytes.count + count
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "-"), count: count))
    var place = end
    var rest = number.magnitude
    repeat {
      place -= 1
      bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
  }
}
