import Lanes
import Testbed

/// A runner on its thread.
final class RunningLanes: Sendable {
  let runner: LaneRunner
  private let thread: Background

  init(_ runner: LaneRunner) {
    self.runner = runner
    thread = Background { runner.run() }
  }

  deinit { runner.stop() }

  /// How long it took to end; nil if it did not.
  @discardableResult
  func stop() -> Duration? {
    runner.stop()
    return thread.wait()
  }
}
