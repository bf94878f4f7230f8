/// Commands for a script to run, all in one argument: for each, the number of its words, then the words.
///
/// Encoded as MessagePack, which scripts read with `cmsgpack.unpack_limit`. Redis spends time on each
/// argument of a call before the script starts: one long argument costs a fraction of thousands of short
/// ones.
public struct PackedCommands: Sendable {
  private var words = PackedWords()

  public init() {}

  public var bytes: [UInt8] { words.bytes }
  public var isEmpty: Bool { words.bytes.isEmpty }

  /// The first two words of each command, its name and usually its key, for checks of what was packed.
  public var heads: [(name: String, key: String)] {
    var heads: [(String, String)] = []
    var rest = bytes[...]
    while let count = number(of: 3, &rest) {
      var words: [String] = []
      for _ in 0..<(count & 0xffff) {
        guard let length = PackedWords.length(&rest) else { return heads }
        if words.count < 2 { words.append(String(decoding: rest.prefix(length), as: UTF8.self)) }
        rest = rest.dropFirst(length)
      }
      heads.append((words.first ?? "", words.count > 1 ? words[1] : ""))
    }
    return heads
  }

  /// Adds one command; `fill` adds its words, the name first.
  public mutating func add(_ fill: (inout PackedWords) -> Void) {
    let start = words.beginCommand()
    fill(&words)
    words.endCommand(start)
  }
}

/// Removes a big-endian number of `count` bytes from the front; nil if there are fewer bytes.
func number(of count: Int, _ bytes: inout ArraySlice<UInt8>) -> Int? {
  guard bytes.count >= count else { return nil }
  defer { bytes = bytes.dropFirst(count) }
  return bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
}
