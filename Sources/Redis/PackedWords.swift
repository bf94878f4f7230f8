/// The words of a packed command, as MessagePack strings.
public struct PackedWords: Sendable {
  private(set) var bytes: [UInt8] = []
  /// The number of words in the current command.
  private var count = 0

  public mutating func add(_ word: String) {
    var word = word
    word.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  public mutating func add(_ words: String...) {
    for word in words { add(word) }
  }

  public mutating func add(_ number: Int) {
    let digits = DecimalDigits(number)
    header(digits.count)
    digits.append(to: &bytes)
    count += 1
  }

  public mutating func add(_ raw: UnsafeRawBufferPointer) {
    header(raw.count)
    bytes.append(contentsOf: raw)
    count += 1
  }

  /// Reserves space for the number of words, always a MessagePack `uint 16`: Lua passes at most 8,000.
  mutating func beginCommand() -> Int {
    count = 0
    defer { bytes.append(contentsOf: [0xcd, 0, 0]) }
    return bytes.count
  }

  mutating func endCommand(_ start: Int) {
    precondition(count <= UInt16.max, "a script's command has \(count) words")
    bytes[start + 1] = UInt8(truncatingIfNeeded: count >> 8)
    bytes[start + 2] = UInt8(truncatingIfNeeded: count)
  }

  /// Writes the header of a `fixstr`, `str 8`, `str 16` or `str 32`.
  private mutating func header(_ length: Int) {
    if length < 32 {
      bytes.append(0xa0 | UInt8(truncatingIfNeeded: length))
    } else if length <= UInt8.max {
      bytes.append(0xd9)
      bytes.append(UInt8(truncatingIfNeeded: length))
    } else {
      let isLong = length > UInt16.max
      bytes.append(isLong ? 0xdb : 0xda)
      for shift in stride(from: isLong ? 24 : 8, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: length >> shift))
      }
    }
  }

  /// Removes the header of the next word from the front of packed commands and returns the word's length.
  static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
    guard let head = bytes.popFirst() else { return nil }
    switch head {
    case 0xd9: return number(of: 1, &bytes)
    case 0xda: return number(of: 2, &bytes)
    case 0xdb: return number(of: 4, &bytes)
    default: return Int(head & 0x1f)
    }
  }
}
