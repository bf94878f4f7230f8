extension Reply {
  /// The values of a flat array reply by name, up to the first name that is not text. Only text and numbers
  /// are kept.
  public var pairs: [String: String] {
    var pairs: [String: String] = [:]
    var parts = makeIterator()
    while let name = parts.next()?.string, let value = parts.next() {
      pairs[name] = value.string ?? value.integer.map { "\($0)" }
    }
    return pairs
  }
}
