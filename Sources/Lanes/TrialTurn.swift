import Synchronization

/// Lets only one lane of the process try its entries at a time, so that it is clear which entry was on trial
/// if the process ends.
final class TrialTurn: Sendable {
  static let shared = TrialTurn()

  private let holder = Mutex<ObjectIdentifier?>(nil)

  /// Takes the turn if it is free. Returns whether the lane has it now.
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
