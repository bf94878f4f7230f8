/// Commands for a script to carry out, all in one word: of each the number of its words, then the words.
///
/// In MessagePack, which scripts read by `cmsgpack.unpack_limit`. Redis pays for every word of a call, before
/// the script begins: one long word costs it a fraction of what thousands of short ones do.
public struct PackedCommands: Sendable {
  private var words = PackedWords()

  public init() {}

  public var bytes: [UInt8] { words.bytes }
  public var isEmpty: Bool { words.bytes.isEmpty }

  /// Adds one command, its name first.
  public mutating func add(_ fill: (inout PackedWords) -> Void) {
    let start = words.beginCommand()
    fill(&words)
    words.endCommand(start)
  }
}
