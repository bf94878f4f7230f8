import Synchronization

/// Lets one lane of the process at a time try its entries alone: if the process ends, it is clear which one was tried.
final class TrialTurn: Sendable {
  static let shared = TrialTurn()

  private let holder = Mutex<ObjectIdentifier?>(nil)

  /// Whether the lane has the turn now, or had it already.
  func take(_ lane: Lane) -> Bool {
    holder.withLock { holder in
      if holder == nil { holder = ObjectIdentifier(lane) }
      return holder == ObjectIdentifier(lane)
    }
  }

  func giveBack(_ lane: Lane) {
    holder.withLock { if $0 == ObjectIdentifier(lane) { $0 = nil } }
  }
}
