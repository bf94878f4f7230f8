import Lanes
import Testbed

/// A runner on its own thread.
final class RunningLanes: Sendable {
  let runner: LaneRunner
  private let thread: Background

  init(_ runner: LaneRunner) {
    self.runner = runner
    thread = Background { runner.run() }
  }

  deinit { runner.stop() }

  /// Stops the runner. Returns how long that took; nil if it did not end.
  @discardableResult
  func stop() -> Duration? {
    runner.stop()
    return thread.wait()
  }
}
