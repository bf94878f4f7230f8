/// A growing run of RESP bulk strings in one byte buffer: the words of a command, or a part of them.
public struct Words: Sendable {
  public private(set) var bytes: [UInt8] = []
  public private(set) var count = 0

  public init() {}

  public init(_ words: String...) {
    for word in words { add(word) }
  }

  public mutating func add(_ word: String) {
    header("$", word.utf8.count)
    bytes.append(contentsOf: word.utf8)
    endLine()
    count += 1
  }

  public mutating func add(_ number: Int) {
    var digits = DecimalDigits(number)
    header("$", digits.count)
    digits.append(to: &bytes)
    endLine()
    count += 1
  }

  public mutating func add(_ raw: UnsafeRawBufferPointer) {
    header("$", raw.count)
    bytes.append(contentsOf: raw)
    endLine()
    count += 1
  }

  public mutating func add(_ other: Words) {
    bytes.append(contentsOf: other.bytes)
    count += other.count
  }

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    count = 0
  }

  /// Writes `<mark><number>\r\n`.
  private mutating func header(_ mark: Unicode.Scalar, _ number: Int) {
    bytes.append(UInt8(truncatingIfNeeded: mark.value))
    var digits = DecimalDigits(number)
    digits.append(to: &bytes)
    endLine()
  }

  private mutating func endLine() {
    bytes.append(13)
    bytes.append(10)
  }
}
