import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed

/// A master that was killed, whose replica has taken over.
struct MasterKill: Sendable {
  let shards: Set<Shard>
  let inlets: Set<DecidingWorker>
  /// For how long before the kill its replica heard nothing of it.
  let silence: Duration
  let began: Moment
  /// When all slots had a master again.
  var ended: Moment

  /// A moment by the clock of this program, and by the one that makes entry ids: milliseconds since 1970.
  struct Moment: Sendable {
    let instant: ContinuousClock.Instant
    let milliseconds: UInt64

    static var now: Moment {
      Moment(instant: .now, milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000))
    }
  }

  /// The longest silence.
  static let longestSilence = Duration.milliseconds(300)

  /// Kills one of the masters, waits until its replica has taken over, and starts it again as a replica.
  ///
  /// - Parameters:
  ///   - silence: For how long before that its replica hears nothing of it. What a process has written to a socket of this
  ///     machine would arrive even after it was killed.
  ///   - pause: How long it is away after that.
  ///   - onTakeover: Called once all slots have a master again.
  static func inflict(
    on cluster: TestCluster, _ place: Int, shards: Int, silence: Duration, pause: Duration,
    onTakeover: (MasterKill) -> Void
  ) throws {
    let victim = try cluster.master(place)
    func isLost(_ key: String) throws -> Bool { try cluster.owner(of: HashSlot(of: key)).id == victim.id }
    let lost = try (0..<shards).map { Shard($0) }.filter { try isLost(Key.journal(of: $0)) }
    let inlets = try DecidingWorker.allCases.filter { try isLost(Key.inlet($0)) }
    let replicas = try victim.connect().call("ROLE")[2] ?? .null
    guard let replica = cluster.nodes.first(where: { $0.port == replicas[0]?[1]?.integer }) else {
      throw Mishap("the master \(victim.port) has no replica")
    }
    try cluster.pause(replica)
    let (cut, began): (ContinuousClock.Instant, Moment)
    do {
      defer { try? cluster.resume(replica) }
      let connection = try victim.connect()
      cut = .now
      try connection.call("CLIENT", "KILL", "TYPE", "replica")
      Thread.sleep(forTimeInterval: silence.seconds)
      began = .now
      try cluster.kill(victim)
    }
    let others = cluster.nodes.filter { $0.id != victim.id }
    try insist("a replica takes over from the killed master") {
      guard try others.count(where: { try $0.role == "master" }) == TestCluster.masterCount else {
        throw NeverHappened(description: "there is one master less")
      }
    }
    onTakeover(
      MasterKill(
        shards: Set(lost), inlets: Set(inlets), silence: began.instant - cut, began: began, ended: .now))
    Thread.sleep(forTimeInterval: pause.seconds)
    try cluster.restart(victim)
    try cluster.waitForAgreement()
  }
}
