import Foundation

/// A reply from Redis: a position on the tape that all replies read together share.
public struct Reply: Sendable {
  public enum Kind: Sendable { case null, integer, string, status, error, array }

  /// An element of a reply tree, in wire order: an array's elements follow it.
  struct Node: Sendable {
    var kind: Kind
    /// Text: the offset of its bytes. Integer: its value.
    var value: Int
    /// Text: its number of bytes. Array: its number of elements.
    var count: Int
    /// The index of the node after this one and all its descendants.
    var end: Int

    var isText: Bool { kind == .string || kind == .status || kind == .error }
  }

  /// The nodes and texts of several replies. Immutable, so any number of threads can read it.
  final class Tape: Sendable {
    let nodes: [Node]
    let bytes: [UInt8]

    init(nodes: [Node], bytes: [UInt8]) {
      self.nodes = nodes
      self.bytes = bytes
    }
  }

  /// The null reply.
  public static let null = Reply(
    tape: Tape(nodes: [Node(kind: .null, value: 0, count: 0, end: 1)], bytes: []), index: 0)

  let tape: Tape
  let index: Int

  private var node: Node { tape.nodes[index] }

  public var kind: Kind { node.kind }
  public var isNull: Bool { node.kind == .null }

  public var integer: Int? {
    switch node.kind {
    case .integer: node.value
    case .string, .status: string.flatMap { Int($0) }
    default: nil
    }
  }

  /// The text; nil if the reply is not text or not UTF-8.
  public var string: String? {
    withBytes { bytes in
      guard let start = bytes.baseAddress, !bytes.isEmpty else { return "" }
      // Decoding repairs invalid UTF-8, and is much faster than validating: so decode and check for repairs.
      var text = String(decoding: bytes, as: UTF8.self)
      let isIntact = text.withUTF8 { decoded in
        decoded.baseAddress.map { decoded.count == bytes.count && memcmp($0, start, bytes.count) == 0 }
      }
      return isIntact == true ? text : nil
    } ?? nil
  }

  /// Calls `body` with the raw bytes of a text reply; returns nil for any other kind.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    let node = node
    switch node.kind {
    case .string, .status, .error:
      return tape.bytes.withUnsafeBytes { all in
        body(UnsafeRawBufferPointer(rebasing: all[node.value..<(node.value + node.count)]))
      }
    default: return nil
    }
  }

  /// Compares a text reply without creating a String.
  public func equals(_ text: StaticString) -> Bool {
    withBytes { bytes in
      bytes.count == text.utf8CodeUnitCount
        && text.withUTF8Buffer { $0.elementsEqual(bytes) }
    } ?? false
  }

  /// The error, if this is an error reply.
  public var error: RedisError? {
    node.kind == .error
      ? RedisError(reply: withBytes { String(decoding: $0, as: UTF8.self) } ?? "") : nil
  }

  /// Returns the reply itself. Throws it if it is an error.
  @discardableResult
  public func get() throws(RedisError) -> Reply {
    if let error { throw error }
    return self
  }
}

extension Reply: Sequence {
  public struct Iterator: IteratorProtocol {
    let tape: Tape
    var place: Int
    let end: Int

    public mutating func next() -> Reply? {
      guard place < end else { return nil }
      defer { place = tape.nodes[place].end }
      return Reply(tape: tape, index: place)
    }
  }

  /// Returns an iterator over the elements of an array reply; over none for any other kind.
  public func makeIterator() -> Iterator {
    Iterator(tape: tape, place: index + 1, end: node.kind == .array ? node.end : index + 1)
  }

  /// The number of bytes of text in an array reply, without visiting each element.
  public var byteCount: Int {
    guard node.kind == .array, node.end > index + 1 else { return 0 }
    var (first, last) = (index + 1, node.end - 1)
    while first < last, !tape.nodes[first].isText { first += 1 }
    while last > first, !tape.nodes[last].isText { last -= 1 }
    guard tape.nodes[first].isText else { return 0 }
    return tape.nodes[last].value + tape.nodes[last].count - tape.nodes[first].value
  }

  /// The number of elements of an array reply; 0 for any other kind.
  public var count: Int { node.kind == .array ? node.count : 0 }
  public var underestimatedCount: Int { count }

  /// The element at an index of an array reply; nil if there is none.
  public subscript(_ place: Int) -> Reply? {
    guard place >= 0, place < count else { return nil }
    var element = index + 1
    for _ in 0..<place { element = tape.nodes[element].end }
    return Reply(tape: tape, index: element)
  }
}

extension [Reply] {
  /// Returns the reply to a single command. Throws if it is an error.
  func single() throws(RedisError) -> Reply {
    guard let reply = first else { throw RedisError(.unexpectedReply, "Redis did not reply.") }
    return try reply.get()
  }
}
