/// RESP bulk strings in one growing byte buffer: the words of a command, or some of them.
public struct RESPWords: Sendable {
  public private(set) var bytes: [UInt8] = []
  public private(set) var count = 0

  public init() {}

  public init(_ words: String...) {
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
    var rest = bytes[...]
    return (0..<count).map { _ in RESPWords(first: &rest) }
  }

  /// Removes the first word from the front of bytes that this type wrote.
  init(first rest: inout ArraySlice<UInt8>) {
    guard let end = rest.firstIndex(of: 13),
      let length = Int(String(decoding: rest[..<end].dropFirst(), as: UTF8.self))
    else { return }
    let whole = rest.prefix(end + 2 + length + 2 - rest.startIndex)
    bytes = Array(whole)
    count = 1
    rest = rest[whole.endIndex...]
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
