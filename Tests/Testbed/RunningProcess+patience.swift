import Foundation
import Processes

extension RunningProcess {
  /// Asks it to end, as patiently as tests wait. Returns how long that took, or nil if it had to be killed.
  @discardableResult
  package func terminate(by number: Int32 = SIGTERM) -> Duration? {
    terminate(by: number, within: Patience.limit)
  }
}
