/// What makes fields of others: those to write, and the names of those to take away.
public struct FieldChanges: Equatable, Sendable {
  public var written = Fields()
  public var removed: [String] = []

  public init() {}

  public init(from old: Fields, to new: Fields) {
    written = old.isEmpty ? new : Fields(new.pairs.filter { old[$0.name] != $0.value })
    removed = old.pairs.map(\.name).filter { new[$0] == nil }
  }
}
