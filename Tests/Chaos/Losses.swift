import Keys
import Lanes
import Market

/// What killed masters can have lost, and nothing else: replication is asynchronous, and in order. Of each slot, what the
/// replica has is all up to some moment shortly before the kill.
struct Losses {
  let kills: [MasterKill]
  let shards: Int

  /// No acknowledged write can be lost that is older. A replica that is so far behind would be out of order.
  private static let longest = Duration.seconds(1)
  /// How much longer an entry can wait in its inlet, while the worker is paused or killed, before its command is written
  /// to its shard and can be lost there.
  private static let inletDelay = Duration.seconds(6)
  /// How many requests may be lost in all: as many as are sent while the replicas hear nothing of their masters, and
  /// 50 ms more, even if all of them went through the killed ones.
  var most: Int {
    Int(Trial.rate * kills.reduce(0) { $0 + ($1.silence + .milliseconds(50)).seconds })
  }

  /// Whether the command or the outcome of a call can have been lost after its answer.
  func concern(_ call: Diary.Call) -> Bool {
    let shard = Shard.of(productid: call.wish.productid, among: shards)
    return kills.contains { kill in
      kill.shards.contains(shard) && call.began <= kill.ended.instant
        && call.ended >= kill.began.instant - Self.longest
    }
  }

  /// Whether an entry of an inlet can have been lost, or its command, or the outcome.
  ///
  /// - Parameter productid: The product of its command; nil if it is unknown, which is any product.
  func concern(_ position: EntryID, in inlet: DecidingWorker, productid: Int?) -> Bool {
    let shard = productid.map { Shard.of(productid: $0, among: shards) }
    let time = position.milliseconds
    return kills.contains { kill in
      guard time <= kill.ended.milliseconds else { return false }
      func isWithin(_ span: Duration) -> Bool {
        time + UInt64(span.components.seconds * 1000) >= kill.began.milliseconds
      }
      return kill.inlets.contains(inlet) && isWithin(Self.longest)
        || shard.map(kill.shards.contains) ?? true && isWithin(Self.longest + Self.inletDelay)
    }
  }
}
