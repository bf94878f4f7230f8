/// Alternating names and values, as `XINFO`, `HGETALL` and the bodies of stream entries have them.
extension Reply {
  /// What Redis says about itself, by name: texts and numbers. Skips everything else; the first of equal
  /// names counts. `Fields(reading:)` in `Lanes` reads what people and workers have stored.
  public var pairs: [String: String] {
    var pairs: [String: String] = [:]
    var parts = makeIterator()
    while let name = parts.next(), let value = parts.next() {
      guard let name = name.string, pairs[name] == nil else { continue }
      pairs[name] = value.string ?? value.integer.map { "\($0)" }
    }
    return pairs
  }

  /// Returns the raw value after a name; nil if there is none. Decodes nothing.
  public func value(_ name: StaticString) -> Reply? {
    var parts = makeIterator()
    while let found = parts.next(), let value = parts.next() {
      if found.equals(name) { return value }
    }
    return nil
  }
}
