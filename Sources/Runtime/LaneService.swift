import Foundation
import Lanes
import ServiceLifecycle

/// Runs lane runners, each on its own thread, until the service group stops.
package struct LaneService: Service {
  private let runners: [LaneRunner]

  package init(_ runners: [LaneRunner]) { self.runners = runners }

  package func run() async {
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await withDiscardingTaskGroup { group in
          for runner in runners { group.addTask { await Self.run(runner) } }
        }
      } onGracefulShutdown: {
        for runner in runners { runner.stop() }
      }
    } onCancel: {
      for runner in runners { runner.stop() }
    }
  }

  private static func run(_ runner: LaneRunner) async {
    await withCheckedContinuation { ended in
      let thread = Thread {
        runner.run()
        ended.resume()
      }
      thread.name = runner.worker
      thread.stackSize = 2 << 20
      thread.start()
    }
  }
}
