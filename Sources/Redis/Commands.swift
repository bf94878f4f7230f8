/// Commands to send together, already encoded as RESP arrays of bulk strings.
public struct Commands: Sendable {
  public private(set) var bytes: [UInt8] = []
  /// The number of commands, and so of replies.
  public private(set) var count = 0

  public init() {}

  /// Creates one command from its words, the name first.
  public init(_ words: String...) {
    var command = RESPWords()
    for word in words { command.add(word) }
    add(command)
  }

  public var isEmpty: Bool { count == 0 }

  /// Adds one command from its words, the name first.
  public mutating func add(_ words: String...) {
    header(words.count)
    var buffer = RESPWords()
    for word in words { buffer.add(word) }
    bytes.append(contentsOf: buffer.bytes)
  }

  /// Adds one command from words built elsewhere.
  public mutating func add(_ words: RESPWords) {
    header(words.count)
    bytes.append(contentsOf: words.bytes)
  }

  /// Adds commands that are encoded already.
  mutating func add(encoded: some Collection<UInt8>, count: Int) {
    bytes.append(contentsOf: encoded)
    self.count += count
  }

  public mutating func add(_ other: Commands) {
    bytes.append(contentsOf: other.bytes)
    count += other.count
  }

  /// The words of each command, decoded again, so that they can be sent in another form.
  public var separate: [RESPWords] {
    var commands: [RESPWords] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 13),
      let count = Int(String(decoding: rest[..<end].dropFirst(), as: UTF8.self))
    {
      var words = RESPWords()
      rest = rest[(end + 2)...]
      for _ in 0..<count { words.add(RESPWords(first: &rest)) }
      commands.append(words)
    }
    return commands
  }

  private mutating func header(_ words: Int) {
    bytes.append(UInt8(ascii: "*"))
    let digits = DecimalDigits(words)
    digits.append(to: &bytes)
    bytes.append(13)
    bytes.append(10)
    count += 1
  }
}
