/// A thing that has an id of its own.
package enum Entity: String, CaseIterable, Sendable {
  case reserve, trade, inventory
}
