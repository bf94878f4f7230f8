/// Named text fields as they stand on the wire, in order.
///
/// What the entries of a log, stored records and JSON bodies are turned into. Where a name comes twice,
/// the first one counts.
public struct Fields: Sendable {
  public var pairs: [(name: String, value: String)]

  public init(_ pairs: [(name: String, value: String)] = []) {
    self.pairs = pairs
  }

  public var isEmpty: Bool { pairs.isEmpty }

  public subscript(name: String) -> String? {
    // Some twenty short names: looking through them is quicker than hashing them, and most differ in length.
    let length = name.utf8.count
    for place in pairs.indices where pairs[place].name.utf8.count == length && pairs[place].name == name {
      return pairs[place].value
    }
    return nil
  }

  public mutating func append(_ name: String, _ value: String) {
    pairs.append((name, value))
  }

  /// Appends what there is: nothing for a value that is absent.
  public mutating func append(_ name: String, _ value: String?) {
    if let value { pairs.append((name, value)) }
  }

  /// Appends what there is: nothing for a value that is absent or empty.
  mutating func write(_ name: String, _ value: String?) {
    if let value, !value.isEmpty { append(name, value) }
  }

  mutating func write(_ name: String, _ value: Int?) {
    if let value { append(name, String(value)) }
  }

  /// A version that is the first one need not be told.
  mutating func write(version: Int, as name: String = "version") {
    if version != 1 { append(name, String(version)) }
  }

  mutating func write(_ name: String, _ flag: Bool) {
    if flag { append(name, "1") }
  }
}

extension Fields: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements.map { (name: $0.0, value: $0.1) })
  }
}

extension Fields: Sequence {
  public func makeIterator() -> IndexingIterator<[(name: String, value: String)]> {
    pairs.makeIterator()
  }
}

extension Fields: Equatable {
  public static func == (left: Fields, right: Fields) -> Bool {
    left.pairs.elementsEqual(right.pairs, by: ==)
  }
}

extension Fields {
  private static let tab = UInt8(ascii: "\t")

  /// All fields in one text, names and values joined by tabs.
  ///
  /// Unambiguous because no text of the market holds a control character.
  public var packed: String {
    // In one piece: records are packed with every change.
    var length = 0
    for (name, value) in pairs { length += name.utf8.count + value.utf8.count + 2 }
    return String(unsafeUninitializedCapacity: length) { bytes in
      var place = 0
      func put(_ text: String, after mark: Bool = true) {
        if mark {
          bytes[place] = Self.tab
          place += 1
        }
        var text = text
        text.withUTF8 {
          place = UnsafeMutableBufferPointer(rebasing: bytes[place...]).update(fromContentsOf: $0) + place
        }
      }
      for (number, (name, value)) in pairs.enumerated() {
        put(name, after: number > 0)
        put(value)
      }
      return place
    }
  }

  /// Takes a packed text apart; nil if a name is without its value.
  public init?(packed: String) {
    self.init()
    if packed.isEmpty { return }
    let parts = packed.utf8.split(separator: Self.tab, omittingEmptySubsequences: false)
    guard parts.count.isMultiple(of: 2) else { return nil }
    pairs.reserveCapacity(parts.count / 2)
    for index in stride(from: 0, to: parts.count, by: 2) {
      append(String(Substring(parts[index])), String(Substring(parts[index + 1])))
    }
  }

  /// Unpacks the text in field `name`.
  init(packed: String, of name: String) throws(FieldError) {
    guard let fields = Fields(packed: packed) else {
      throw FieldError(name, .notAllowed, expected: "names and values joined by tabs", came: packed)
    }
    self = fields
  }
}

extension Fields {
  /// The value of a field that must be there.
  func read<F: Field>(_ field: F) throws(FieldError) -> F.Value {
    guard let value = try find(field) else {
      throw FieldError(field.name, .missing, expected: field.expected, korean: field.koreanExpected)
    }
    return value
  }

  /// The value of an optional field; a blank one counts as absent unless blank is a value.
  func find<F: Field>(_ field: F) throws(FieldError) -> F.Value? {
    guard let text = self[field.name]?.trimmed, field.acceptsBlank || !text.isEmpty else { return nil }
    return try field.parse(text)
  }
}

extension String {
  /// The text without the ASCII spaces around it.
  fileprivate var trimmed: String {
    let space = UInt8(ascii: " ")
    guard utf8.first == space || utf8.last == space else { return self }
    let head = utf8.drop { $0 == space }
    guard let end = head.lastIndex(where: { $0 != space }) else { return "" }
    return String(Substring(head[...end]))
  }
}
