/// A worker that decides commands.
package enum DecidingWorker: String, CaseIterable, Sendable {
  case reservation, trade, stock

  /// What its commands name by their `id`.
  package var entity: Entity {
    switch self {
    case .reservation: .reserve
    case .trade: .trade
    case .stock: .inventory
    }
  }

  /// The name of the stream that takes this worker's commands.
  package var commands: String { "\(rawValue).commands" }
}
