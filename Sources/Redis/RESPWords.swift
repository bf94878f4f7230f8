/// RESP bulk strings in one growing byte buffer: the words of a command, or some of them.
public struct RESPWords: Sendable {
  public private(set) var bytes: [UInt8] = []
  public private(set) var count = 0

  public init() {}

  public init(_ words: String...) { self.init(words) }

  public init(_ words: [String]) {
    for word in words { add(word) }
  }

  public mutating func add(_ word: String) {
    var word = word
    word.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  public mutating func add(_ number: Int) {
    let digits = DecimalDigits(number)
    header(digits.count)
    digits.append(to: &bytes)
    endLine()
    count += 1
  }

  public mutating func add(_ raw: UnsafeRawBufferPointer) {
    header(raw.count)
    bytes.append(contentsOf: raw)
    endLine()
    count += 1
  }

  /// Adds commands for a script as one word.
  public mutating func add(_ runs: PackedCommands...) {
    header(runs.reduce(0) { $0 + $1.bytes.count })
    for run in runs { bytes.append(contentsOf: run.bytes) }
    endLine()
    count += 1
  }

  public mutating func add(_ other: RESPWords) {
    bytes.append(contentsOf: other.bytes)
    count += other.count
  }

  /// The words, each as a value of its own.
  public var separate: [RESPWords] {
    bytes.withUnsafeBytes { raw in
      var reader = CommandReader(raw)
      return (0..<count).map { _ in RESPWords(next: 1, of: &reader, in: bytes) }
    }
  }

  /// Copies the next words that a reader of `bytes` finds.
  init(next count: Int, of reader: inout CommandReader, in bytes: [UInt8]) {
    let start = reader.place
    for _ in 0..<count where reader.word() != nil { self.count += 1 }
    self.bytes = Array(bytes[start..<reader.place])
  }

  /// Writes `$<length>\r\n`.
  private mutating func header(_ length: Int) {
    bytes.append(UInt8(ascii: "$"))
    if length < 10 {
      // Most words are names and small numbers.
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: length))
    } else {
      let digits = DecimalDigits(length)
      digits.append(to: &bytes)
    }
    endLine()
  }

  private mutating func endLine() {
    bytes.append(13)
    bytes.append(10)
  }
}
