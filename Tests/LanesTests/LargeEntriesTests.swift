import Foundation
import Lanes
import Redis
import Testbed
import Testing

@Suite struct LargeEntriesTests {
  /// More than one read can hold, in one entry or in many.
  @Test(arguments: [(1, 40 << 20), (24, 1 << 20)])
  func `very large entries become dead letters, and other entries go on`(count: Int, bytes: Int) async throws
  {
    try await CopyBench.with(lanes: 3) { bench in
      let connection = try bench.redis.connect()
      let value = String(repeating: "x", count: bytes)
      try connection.call("XADD", "{0}:commands", "*", "a", "b")
      for _ in 0..<count { try connection.call("XADD", "{0}:commands", "*", "type", "Nope", "a", value) }
      try connection.call("XADD", "{0}:commands", "*", "a", "b")
      let lanes = bench.start(inlets: true)
      try bench.wait(until: "what is around them is copied", connection) {
        try bench.copies(0, connection) == 2
      }
      for lane in [1, 2] { try connection.call("XADD", "{\(lane)}:events", "*", "a", "b") }
      try bench.wait(until: "the others go on", connection) {
        try [1, 2].allSatisfy { try bench.copies($0, connection) == 1 }
      }
      #expect(try connection.call("XLEN", "{0}:deadletters").integer == count)
      let letter = try connection.call("XRANGE", "{0}:deadletters", "-", "+", "COUNT", "1")[0]?[1]
      let texts = letter?.map { $0.string?.prefix(10) } ?? []
      #expect(texts.contains("tooLong") && texts.contains("cut"))
      // Their memory is free again.
      #expect(try connection.call("XLEN", "{0}:commands").integer == 2)
      lanes.stop()
      #expect(try Group("copy", of: "{0}:commands", connection).lag == 0)
    }
  }

  @Test func `a very large commit is split, and an entry too large alone is put aside`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      for number in 0..<12 { try connection.call("XADD", "{0}:events", "*", "n", "\(number)") }
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        for entry in turn.batch {
          let size = entry.value("n")?.integer == 5 ? 9 << 20 : 1 << 20
          commit.add { $0.add("SET", "{0}:large:\(entry.id)", String(repeating: "x", count: size)) }
        }
        return .commit
      }
      try bench.wait(until: "all is done", connection) {
        try connection.call("KEYS", "{0}:large:*").count == 11
      }
      lanes.stop()
      #expect(try Group("copy", of: "{0}:events", connection).lag == 0)
      #expect(try connection.call("XLEN", "{0}:deadletters").integer == 1)
    }
  }

  @Test(arguments: [(limit: 15, kept: 15), (limit: 1000, kept: 20)])
  func `dead letters are kept up to a number and an age`(limit: Int, kept: Int) async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      for number in 1...20 { try connection.call("XADD", "{0}:deadletters", "\(number)-0", "n", "x") }
      for _ in 0..<20 { try connection.call("XADD", "{0}:deadletters", "*", "n", "y") }
      var options = LaneOptions.brisk
      options.retention.interval = .milliseconds(100)
      options.retention.deadLetters = limit
      options.retention.deadLetterAge = .seconds(3600)
      let lanes = bench.start("a", options, inlets: true)
      try bench.wait(until: "they are trimmed", connection) {
        try connection.call("XLEN", "{0}:deadletters").integer == kept
      }
      lanes.stop()
      let letters = try connection.call("XRANGE", "{0}:deadletters", "-", "+")
      #expect(letters.allSatisfy { $0[1]?[1]?.equals("y") == true })
    }
  }
}
