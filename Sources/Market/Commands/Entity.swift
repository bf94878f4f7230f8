/// A thing that has an id of its own.
public enum Entity: String, CaseIterable, Sendable {
  case reserve, trade, inventory
}
