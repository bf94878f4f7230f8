import ArgumentParser
import Lanes
import Workers

/// Settings for how lanes are held and how much of their streams is kept.
package struct LaneSettings: ParsableArguments {
  private static let defaults = LaneOptions()

  @Option(
    help: ArgumentHelp(
      "The maximum number of entries in a batch.",
      discussion: "HANDOVER_BATCH; \(defaults.batch) if neither is given.",
      valueName: "entries"))
  package var batch: Int?

  @Option(
    name: .customLong("lease-seconds"),
    help: ArgumentHelp(
      "How long it can take until another replica takes over a dead one's lanes.",
      discussion: "HANDOVER_LEASE_SECONDS; \(Int(defaults.failover.seconds)) if neither is given.",
      valueName: "seconds"))
  package var leaseSeconds: Int?

  @Option(
    name: .customLong("retention-entries"),
    help: ArgumentHelp(
      "How many entries of a stream are kept once all workers have read them.",
      discussion: "HANDOVER_RETENTION_ENTRIES; \(defaults.retention.entries) if neither is given.",
      valueName: "entries"))
  package var retentionEntries: Int?

  @Option(
    name: .customLong("retention-hours"),
    help: ArgumentHelp(
      "How long an entry is kept once all workers have read it.",
      discussion:
        "HANDOVER_RETENTION_HOURS; \(Int(defaults.retention.age.seconds) / 3600) if neither is given.",
      valueName: "hours"))
  package var retentionHours: Int?

  package init() {}

  package func options(for role: WorkerKind) throws -> LaneOptions {
    var options = LaneOptions()
    options.gatherDelay = role.gatherDelay
    options.batch =
      try Settings.number(batch, "--batch", or: "handover.batch", in: 1...1000) ?? options.batch
    let lease = try Settings.number(
      leaseSeconds, "--lease-seconds", or: "handover.lease.seconds", in: 1...300)
    // A fail-over takes the rest of the lease and up to two heartbeats of the others.
    if let lease {
      options.lease = .seconds(lease) - options.heartbeat * 2
      // The others take a dead replica's lanes only once it no longer counts as alive.
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
