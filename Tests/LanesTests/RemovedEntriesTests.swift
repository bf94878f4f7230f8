import Lanes
import Redis
import Testbed
import Testing

@Suite struct RemovedEntriesTests {
  private static func cursor(_ stream: String, _ connection: RedisConnection) throws -> String? {
    try connection.call("HGET", "{0}:cursor:copy", stream).string
  }

  private static func last(_ stream: String, _ connection: RedisConnection) throws -> (String, Int) {
    let facts = Array(try connection.call("XINFO", "STREAM", stream))
    func value(_ name: String) -> Reply? { facts.firstIndex { $0.string == name }.map { facts[$0 + 1] } }
    return (value("last-generated-id")?.string ?? "", value("entries-added")?.integer ?? 0)
  }

  @Test(arguments: [true, false])
  func `entries removed before they were read are counted, and the lag is zero again`(isInlet: Bool)
    async throws
  {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start(inlets: isInlet)
      try bench.fill(10)
      try bench.awaitCopies()
      lanes.stop()
      for _ in 0..<5 { try connection.call("XADD", "{0}:commands", "*", "a", "b") }
      try connection.call("XADD", "{0}:commands", "MAXLEN", "0", "*", "a", "b")
      let again = bench.start(inlets: isInlet)
      try bench.wait(until: "the cursor is at the end", connection) {
        let (id, added) = try Self.last("{0}:commands", connection)
        return try Self.cursor("{0}:commands", connection) == "\(id) \(added)"
      }
      #expect(try Group("copy", of: "{0}:commands", connection).lag == 0)
      #expect(again.runner.state.removed == 6)
      #expect(again.runner.state.halted.isEmpty)
      again.stop()
    }
  }

  @Test(arguments: [0, 3])
  func `a lane without its stream stands still until the stream is restored`(entries: Int) async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start()
      try bench.fill(10)
      try bench.awaitCopies()
      lanes.stop()
      try connection.call("RENAME", "{0}:commands", "{0}:kept")
      for _ in 0..<entries { try connection.call("XADD", "{0}:commands", "*", "a", "b") }
      let again = bench.start()
      let name = bench.lanes[0]
      try bench.wait(until: "it stands still", connection) { again.runner.state.halted[name] != nil }
      #expect(again.runner.state.halted[name]?.contains("history was lost") == true)
      #expect(try bench.copies(0, connection) == 20)
      // The first remedy: restore the stream. No restart is needed.
      try connection.call("RENAME", "{0}:kept", "{0}:commands")
      try bench.fill(5)
      try bench.awaitCopies()
      try bench.wait(until: "it says so", connection) { again.runner.state.halted.isEmpty }
      again.stop()
      try bench.check()
    }
  }

  @Test func `a stream that was deleted is read from its start once the cursor is deleted`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start()
      try bench.fill(10)
      try bench.awaitCopies()
      try connection.call("DEL", "{0}:commands")
      let name = bench.lanes[0]
      try connection.call("XADD", "{0}:commands", "*", "a", "b")
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      try connection.call("DEL", name.cursor)
      try bench.wait(until: "it goes on", connection) { lanes.runner.state.halted.isEmpty }
      let before = try bench.copies(0, connection)
      try connection.call("XADD", "{0}:commands", "*", "a", "b")
      try bench.wait(until: "it copies", connection) { try bench.copies(0, connection) > before }
      lanes.stop()
    }
  }

  @Test func `an inlet goes on after its stream was deleted`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start(inlets: true)
      try bench.fill(10)
      try bench.awaitCopies()
      for isRunning in [true, false] {
        if !isRunning { lanes.stop() }
        try connection.call("DEL", "{0}:commands")
        let before = try bench.copies(0, connection)
        try connection.call("XADD", "{0}:commands", "*", "a", "b")
        let runner = isRunning ? nil : bench.start(inlets: true)
        try bench.wait(until: "it is copied", connection) { try bench.copies(0, connection) > before }
        try bench.wait(until: "the count is right", connection) {
          try Self.cursor("{0}:commands", connection)?.hasSuffix(" 1") == true
        }
        #expect((runner ?? lanes).runner.state.halted.isEmpty)
        runner?.stop()
      }
    }
  }

  @Test(
    arguments: ["18446744073709551615-18446744073709551615", "9999999999999-7"])
  func `an inlet returns to present ids after one far ahead of the clock`(id: String) async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start(inlets: true)
      try bench.fill(3)
      try bench.awaitCopies()
      try connection.call("XADD", "{0}:commands", id, "a", "b")
      try bench.wait(until: "it is copied", connection) { try bench.copies(0, connection) == 7 }
      var next: String?
      try bench.wait(until: "the inlet is at the present again", connection) {
        next = try? connection.call("XADD", "{0}:commands", "*", "a", "b").string
        return next?.hasPrefix("1") == true && (next?.utf8.count ?? 99) < 20
      }
      try bench.wait(until: "that is copied as well", connection) {
        try connection.call("XREVRANGE", "{0}:output", "+", "-", "COUNT", "1")[0]?[1]?[5]?.string == next
      }
      lanes.stop()
      #expect(try Group("copy", of: "{0}:commands", connection).lag == 0)
    }
  }
}
