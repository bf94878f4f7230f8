/// A worker that decides commands.
public enum DecidingWorker: String, CaseIterable, Sendable {
  case reservation, trade, stock

  /// What its commands name by their `id`.
  public var entity: Entity {
    switch self {
    case .reservation: .reserve
    case .trade: .trade
    case .stock: .inventory
    }
  }

  /// The name of the stream that takes this worker's commands.
  public var commands: String { "\(rawValue).commands" }
}
