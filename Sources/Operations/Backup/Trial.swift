import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Workers

/// Lets a restored backup run until nothing is left to do, and audits it: a backup counts when it was restored.
package struct Trial {
  package let report: AuditReport
  /// How many records were repaired, as after any restore of several servers.
  package let repaired: Int

  /// Runs all workers on the data until they are at rest, and audits it. Blocks.
  ///
  /// - Parameters:
  ///   - patience: How long the workers can take.
  ///   - repairs: Whether to repair what is on other servers than what it follows from.
  package init(
    of redis: RedisDeployment, repairs: Bool, waiting patience: Duration, logger: Logger
  ) throws {
    let connection = try redis.connect()
    let shards = try connection.shardCount()
    // What ends here is not looked at: nothing has to leave.
    var policy = Policy()
    policy.keepEnded = 0
    let format = WrittenFormat(try FormatState(on: connection).writes)
    let runners = WorkerKind.allCases.map { kind in
      LaneRunner(
        worker: kind.rawValue, lanes: kind.lanes(shards: shards, policy: policy, format: format),
        redis: redis,
        build: .this, logger: logger)
    }
    let ended = DispatchGroup()
    for runner in runners {
      ended.enter()
      Thread.detachNewThread {
        runner.run()
        ended.leave()
      }
    }
    defer {
      for runner in runners { runner.stop() }
      ended.wait()
    }
    let auditor = Auditor(connection)
    let first = try auditor.run(waiting: patience)
    guard repairs, first.isAtRest, first.canRepair else {
      (report, repaired) = (first, 0)
      return
    }
    repaired = first.broken.count + first.remedies.count
    report = try auditor.repair(first, of: redis, waiting: patience, logger: logger)
  }
}
