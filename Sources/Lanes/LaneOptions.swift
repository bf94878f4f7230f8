/// Settings for how lanes are shared, held and read.
public struct LaneOptions: Sendable {
  /// The maximum number of entries in one batch, and in one read of one stream.
  public var batch = 256
  /// The lease TTL. A fail-over takes at most this long plus two heartbeats.
  public var lease: Duration = .milliseconds(4500)
  /// How often a replica registers as alive, releases surplus lanes and takes free ones. Also the longest
  /// time that a read blocks.
  public var heartbeat: Duration = .milliseconds(250)
  /// The longest that a dead replica's lanes stand still: the rest of the lease, and two heartbeats of the others.
  public var failover: Duration { lease + heartbeat * 2 }
  /// How long a replica counts as alive after its last heartbeat.
  public var replicaLifetime: Duration = .seconds(2)

  /// How long a runner that has caught up waits before it reads again. Trades latency for fewer, larger
  /// batches.
  public var gatherDelay: Duration = .zero

  public var retention = Retention()

  /// Returns the maximum number of bytes in one read of that many streams. Beyond it, entries are read by
  /// size. Ordinary entries stay far below it; only unusually large ones reach it.
  static func readBytes(streams: Int) -> Int { (8 << 20) + streams * (512 << 10) }

  /// The maximum size of one commit's commands, in bytes. The Redis configurations that ship with Handover
  /// accept 32 MiB in one argument.
  static let commitBytes = 8 << 20

  public init() {}
}

extension Duration {
  var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
