/// What makes fields of others: those to write, and the names of those to take away.
public struct FieldChanges: Equatable, Sendable {
  public var written = Fields()
  public var removed: [String] = []

  public init() {}

  public init(from old: Fields, to new: Fields) {
    if old.isEmpty {
      written = new
      return
    }
    // Both are written in the same order, so that most names stand side by side.
    for (place, pair) in new.pairs.enumerated() {
      if place < old.pairs.count, old.pairs[place] == pair { continue }
      if old[pair.name] != pair.value { written.pairs.append(pair) }
    }
    for (place, (name, _)) in old.pairs.enumerated() {
      if place < new.pairs.count, new.pairs[place].name == name { continue }
      if new[name] == nil { removed.append(name) }
    }
  }

  /// Writes a field that had another value before, or takes it away.
  mutating func set(_ name: String, _ value: String?) {
    if let value { written.append(name, value) } else { removed.append(name) }
  }
}
