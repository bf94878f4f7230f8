/// How lanes are shared, held and read.
public struct LaneOptions: Sendable {
  /// The most entries of one batch, and of one read of one stream.
  public var batch = 256
  /// How long a lease outlives its owner's last heartbeat. Together with two heartbeats it bounds a fail-over.
  public var lease: Duration = .milliseconds(4500)
  /// How often a replica says that it lives, gives up its surplus and takes what is free; also the longest
  /// time that a read blocks.
  public var heartbeat: Duration = .milliseconds(250)
  /// How long a replica counts as living after its last heartbeat.
  public var replicaLifetime: Duration = .seconds(2)

  /// How long a runner that has caught up lets entries gather before it reads again: fewer and larger batches,
  /// that much later.
  public var gatherDelay: Duration = .zero

  public var retention = Retention()

  /// The most bytes that one read of so many streams may bring; what is more is read by size. Far more than
  /// ordinary entries have, so only uncommonly large ones ever come to that.
  static func readBytes(streams: Int) -> Int { (8 << 20) + streams * (512 << 10) }

  /// The most bytes of one commit's commands. The servers that come with Handover take 32 MiB in one word.
  static let commitBytes = 8 << 20

  public init() {}
}

extension Duration {
  var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
