import Foundation
import Lanes
import Logging
import Redis
import Testbed
import Testing

/// Counts the visits of a shard. `ASmallestLane.md` quotes these declarations: change both together.
final class CountingHandler: LaneHandler {
  private let shard: Shard

  init(_ shard: Shard) { self.shard = shard }

  func begin(_ batch: [Entry]) -> any LaneWork { CountingWork(shard: shard, batch: batch) }
}

/// One batch of visits: one round asks how many there were, and the commit stores how many there are.
struct CountingWork: LaneWork {
  let shard: Shard
  let batch: [Entry]

  func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    let key = shard.key("count")
    guard let reply = replies.first else { return .ask(Commands("GET", key)) }
    let count = try reply.get().integer ?? 0
    commit.add { $0.add("SET", key, "\(count + batch.count)") }
    return .commit
  }
}

/// A worker with a lane for each of two shards.
enum Counting {
  static let worker = "counter"
  static let shards = [Shard(0), Shard(1)]

  static func lane(of shard: Shard) -> LaneSpec {
    LaneSpec(
      name: LaneName(worker: worker, tag: shard.tag), streams: [shard.key("visits")],
      writes: [LaneWrite("SET", shard.key("count"), "0", to: .string)],
      makeHandler: { CountingHandler(shard) })
  }

  /// One replica; any number of them share the lanes.
  static func replica(on redis: RedisDeployment, _ logger: Logger) -> LaneRunner {
    LaneRunner(worker: worker, lanes: shards.map(lane), redis: redis, logger: logger)
  }
}

@Suite struct SmallestLaneTests {
  private static let visits = 100

  @Test func `every visit is counted once, whichever replica holds the lane`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      for round in 1...3 {
        for _ in 0..<Self.visits {
          for shard in Counting.shards {
            try connection.call("XADD", shard.key("visits"), "*", "page", "home")
          }
        }
        let replica = Counting.replica(
          on: .single(redis.url), Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let thread = Background { replica.run() }
        let deadline = ContinuousClock.now + Patience.limit
        for shard in Counting.shards {
          while try connection.call("GET", shard.key("count")).integer ?? 0 < round * Self.visits {
            try #require(ContinuousClock.now < deadline, "shard \(shard.index) is not counted in time")
            try connection.call("BLPOP", "nothing", "0.05")
          }
        }
        replica.stop()
        #expect(thread.wait() != nil)
      }
      for shard in Counting.shards {
        #expect(try connection.call("GET", shard.key("count")).integer == 3 * Self.visits)
      }
    }
  }

  @Test func `the documentation shows the code of this file`() throws {
    let article = try String(
      contentsOf: Executables.package.appending(
        path: "Sources/Documentation/Documentation.docc/ASmallestLane.md"), encoding: .utf8)
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let blocks = article.components(separatedBy: "```swift\n").dropFirst().map { text in
      text.components(separatedBy: "```")[0]
    }
    #expect(blocks.count >= 3)
    for block in blocks { #expect(source.contains(block), "this is not in the test:\n\(block)") }
  }
}
