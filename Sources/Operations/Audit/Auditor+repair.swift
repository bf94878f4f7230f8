import Keys
import Lanes
import Logging
import Redis
import Workers

extension AuditReport {
  /// Whether something of it can be repaired.
  package var canRepair: Bool { !broken.isEmpty || !remedies.isEmpty }
}

extension Auditor {
  /// Repairs what a report of a system at rest says, and audits it again. The caller holds the `RebuildLock`.
  package func repair(
    _ report: AuditReport, of redis: RedisDeployment, waiting patience: Duration, logger: Logger
  ) throws -> AuditReport {
    try apply(report.remedies)
    if !report.broken.isEmpty {
      let shards = report.shards.indices.map { Shard($0) }
      try ReadModels.clear(shards, on: connection)
      try forget(report.broken)
      try ReadModels.rebuild(shards, on: redis, logger: logger)
      try connection.forgetAgain()
    }
    return try run(waiting: patience)
  }
}
