/// Commands to send together, already encoded as RESP arrays of bulk strings.
public struct Commands: Sendable {
  public private(set) var bytes: [UInt8] = []
  /// The number of commands, and so of replies.
  public private(set) var count = 0

  public init() {}

  /// Creates one command from its words, the name first.
  public init(_ words: String...) { add(RESPWords(words)) }

  /// Creates one command from words built elsewhere.
  public init(_ words: RESPWords) { add(words) }

  public var isEmpty: Bool { count == 0 }

  /// Adds one command from its words, the name first.
  public mutating func add(_ words: String...) {
    add(RESPWords(words))
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
    bytes.withUnsafeBytes { raw in
      var reader = CommandReader(raw)
      var commands: [RESPWords] = []
      while let count = reader.count() { commands.append(RESPWords(next: count, of: &reader, in: bytes)) }
      return commands
    }
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
