import ArgumentParser
import Lanes
import Workers

/// How lanes are held, and how much of their streams is kept.
package struct LaneSettings: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most entries of one batch.", discussion: "HANDOVER_BATCH; 256 if neither is given.",
      valueName: "entries"))
  package var batch: Int?

  @Option(
    name: .customLong("lease-seconds"),
    help: ArgumentHelp(
      "How long a dead replica's lanes may stand still before another one takes them.",
      discussion: "HANDOVER_LEASE_SECONDS; 5 if neither is given.", valueName: "seconds"))
  package var leaseSeconds: Int?

  @Option(
    name: .customLong("retention-entries"),
    help: ArgumentHelp(
      "How many entries of a stream are kept once everybody has read them.",
      discussion: "HANDOVER_RETENTION_ENTRIES; 100000 if neither is given.", valueName: "entries"))
  package var retentionEntries: Int?

  @Option(
    name: .customLong("retention-hours"),
    help: ArgumentHelp(
      "How long an entry is kept once everybody has read it.",
      discussion: "HANDOVER_RETENTION_HOURS; 168 if neither is given.", valueName: "hours"))
  package var retentionHours: Int?

  package init() {}

  package func options(for role: WorkerKind) throws -> LaneOptions {
    var options = LaneOptions()
    options.gatherDelay = role.gatherDelay
    options.batch =
      try Settings.number(batch, "--batch", or: "handover.batch", in: 1...1000) ?? options.batch
    let lease = try Settings.number(
      leaseSeconds, "--lease-seconds", or: "handover.lease.seconds", in: 1...300)
    // A fail-over is the lease's end and the others' next two heartbeats.
    if let lease {
      options.lease = .seconds(lease) - options.heartbeat * 2
      // The others take a dead replica's lanes only when it is no more among those who share them.
      options.replicaLifetime = min(options.replicaLifetime, options.lease)
    }
    let retention = options.retention
    options.retention.entries =
      try Settings.number(
        retentionEntries, "--retention-entries", or: "handover.retention.entries", in: 1...1_000_000_000)
      ?? retention.entries
    let hours = try Settings.number(
      retentionHours, "--retention-hours", or: "handover.retention.hours", in: 1...876_000)
    if let hours { options.retention.age = .seconds(hours * 3600) }
    return options
  }
}
