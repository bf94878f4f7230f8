/// Reads encoded commands word by word, without copying them.
struct CommandReader {
  private let bytes: UnsafeRawBufferPointer
  /// The offset of the next byte.
  private(set) var place = 0

  /// - Parameter bytes: What `Commands` has written. It must outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  /// Returns the number of words of the next command.
  mutating func count() -> Int? { number(after: UInt8(ascii: "*")) }

  /// Returns where the next word is.
  mutating func word() -> Range<Int>? {
    guard let length = number(after: UInt8(ascii: "$")), length >= 0, length <= bytes.count - place - 2 else {
      return nil
    }
    defer { place += length + 2 }
    return place..<(place + length)
  }

  func text(of word: Range<Int>) -> String { String(decoding: bytes[word], as: UTF8.self) }

  /// The name of the command that begins at an offset; empty if none does.
  func name(from start: Int) -> String {
    var reader = self
    reader.place = start
    guard reader.count() != nil, let name = reader.word() else { return "" }
    return text(of: name)
  }

  func slot(of key: Range<Int>) -> HashSlot { HashSlot(of: UnsafeRawBufferPointer(rebasing: bytes[key])) }

  /// Reads a mark, digits and the end of the line.
  private mutating func number(after mark: UInt8) -> Int? {
    guard place < bytes.count, bytes[place] == mark else { return nil }
    var (number, next) = (0, place + 1)
    while next < bytes.count, case let digit = bytes[next] &- UInt8(ascii: "0"), digit <= 9 {
      guard number < bytes.count else { return nil }
      number = number * 10 + Int(digit)
      next += 1
    }
    guard next > place + 1, next + 1 < bytes.count, bytes[next] == 13 else { return nil }
    place = next + 2
    return number
  }
}
