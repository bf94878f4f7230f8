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
    // A dozen short names: looking through them is quicker than hashing them.
    for pair in pairs where pair.name == name { return pair.value }
    return nil
  }

  public mutating func append(_ name: String, _ value: String) {
    pairs.append((name, value))
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
