import Keys
import Lanes
import Market
import Testbed
import Testing

extension Policy {
  /// Nothing comes due but the departure of what has ended, after so many milliseconds.
  static func timeless(keepEnded: Int) -> Policy {
    var policy = timeless
    policy.keepEnded = keepEnded
    return policy
  }
}

extension Bench {
  /// A product of which everything has ended and left: reservation 1, listing 9, inventory 7.
  static func left() throws -> Bench {
    let bench = try Bench(shards: 1, policy: .timeless(keepEnded: 1))
    try bench.settle([.list(9, of: 7), .register(7), .reserve(1, of: 7)])
    try bench.settle([["type": "Handover", "id": "9", "productid": "7"]])
    try insist("everything has left") {
      let left = try bench.connection.call("XLEN", Key.archive(of: Shard(0))).integer ?? 0
      guard left == 3 else { throw NeverHappened(description: "\(left) have left") }
    }
    try #require(try bench.audit().said == [])
    return bench
  }
}
