extension Reply {
  /// The names and values of a flat array reply, as far as they are text or numbers.
  public var pairs: [String: String] {
    var pairs: [String: String] = [:]
    var parts = makeIterator()
    while let name = parts.next()?.string, let value = parts.next() {
      pairs[name] = value.string ?? value.integer.map { "\($0)" }
    }
    return pairs
  }
}
