import Lanes
import Redis
import Testbed
import Testing

@Suite struct RefusalTests {
  /// Copies, and then writes to a second key, which a test can give the wrong type.
  private static let marking: StepHandler.Step = { (turn, commit) throws(RedisError) in
    let step = try StepHandler.copy(turn, &commit)
    guard case .commit = step else { return step }
    let first = "\(turn.batch[0].stream) \(turn.batch[0].id)"
    commit.add { $0.add("HSETNX", "\(turn.lane.tag):marks", first, "\(turn.batch.count)") }
    return .commit
  }

  @Test func `a lane stands still at a failed write, and finishes the commit after the repair`() async throws
  {
    try await CopyBench.with(lanes: 2) { bench in
      let connection = try bench.redis.connect()
      try connection.call("SET", "{0}:marks", "of the wrong type")
      try bench.fill(40)
      let name = bench.lanes[0]
      let lanes = bench.start(step: Self.marking)
      try bench.wait(until: "the lane stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(lanes.runner.state.halted[name]?.contains("WRONGTYPE") == true)
      try bench.wait(until: "the other lane is through", connection) { try bench.copies(1, connection) == 80 }
      #expect(try bench.copies(0, connection) == 16)
      #expect(try connection.call("HGET", name.cursor, "{0}:events").equals("0-0 0"))
      #expect(try connection.call("HGET", name.halt, "reason").string?.contains("WRONGTYPE") == true)
      try bench.wait(until: "it says what to do", connection) {
        try connection.call("HGET", name.halt, "remedy").string?.contains("is then finished") == true
      }

      // Another replica does not try the commit either.
      lanes.stop()
      let again = bench.start(step: Self.marking)
      try bench.wait(until: "it stands still", connection) { again.runner.state.halted[name] != nil }
      #expect(try bench.copies(0, connection) == 16)

      try connection.call("DEL", "{0}:marks")
      try bench.wait(until: "it goes on", connection) { try bench.copies(0, connection) == 80 }
      try bench.wait(until: "it says so", connection) { again.runner.state.halted.isEmpty }
      again.stop()
      try bench.check()
      #expect(try connection.call("EXISTS", name.halt).integer == 0)
      let sizes = try connection.call("HVALS", "{0}:marks").compactMap(\.integer)
      #expect(sizes.reduce(0, +) == 80, "every batch was marked exactly once")
    }
  }

  @Test(arguments: [0, 5])
  func `a commit that fails at its own entries is finished after the repair`(entries: Int) async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let name = bench.lanes[0]
      for _ in 0..<3 { try connection.call("XADD", "{0}:commands", "*", "a", "b") }
      // The first write succeeds, and the first own entry fails.
      let isBlocked = Watched(true)
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        for entry in turn.batch where entry.stream == 1 {
          commit.add { $0.add("RPUSH", "{0}:done", "\(entry.id)") }
          commit.append(to: "{0}:events") { $0.add("by", "itself") }
          if isBlocked.now {
            isBlocked.change { $0 = false }
            try RedisConnection(bench.redis.url).call("RENAME", "{0}:events", "{0}:kept")
            try RedisConnection(bench.redis.url).call("SET", "{0}:events", "of the wrong type")
          }
        }
        return .commit
      }
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(try connection.call("LLEN", "{0}:done").integer == 3)
      for _ in 0..<entries { try connection.call("XADD", "{0}:commands", "*", "a", "b") }
      try connection.call("RENAME", "{0}:kept", "{0}:events")
      try bench.wait(until: "it goes on", connection) {
        try connection.call("LLEN", "{0}:done").integer == 3 + entries
          && lanes.runner.state.halted.isEmpty
      }
      lanes.stop()
      #expect(try connection.call("XLEN", "{0}:events").integer == 3 + entries)
      #expect(try Group("copy", of: "{0}:events", connection).lag == 0)
      #expect(try Group("copy", of: "{0}:commands", connection).lag == 0)
    }
  }

  @Test func `a commit that fails at its first write changes nothing before the repair`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      try connection.call("SET", "{0}:first", "of the wrong type")
      try bench.fill(20)
      let name = bench.lanes[0]
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        if turn.round == 1 { commit.add { $0.add("HSET", "{0}:first", "\(turn.batch[0].id)", "x") } }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(lanes.runner.state.halted[name]?.contains("nothing was changed") == true)
      #expect(try bench.copies(0, connection) == 0)
      try connection.call("DEL", "{0}:first")
      try bench.awaitCopies()
      try bench.wait(until: "it says so", connection) { lanes.runner.state.halted.isEmpty }
      lanes.stop()
      try bench.check()
    }
  }

  @Test func `the rest of a commit is kept after a write that replies with nil`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      try connection.call("SET", "{0}:second", "of the wrong type")
      try connection.call("XADD", "{0}:events", "*", "a", "b")
      let name = bench.lanes[0]
      let lanes = bench.start { (_, commit) throws(RedisError) in
        commit.add { $0.add("SET", "{0}:first", "x", "GET") }
        commit.add { $0.add("HSET", "{0}:second", "x", "y") }
        return .commit
      }
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(lanes.runner.state.halted[name]?.contains("failed in the middle") == true)
      #expect(try connection.call("GET", "{0}:first").equals("x"))
      try connection.call("DEL", "{0}:second", "{0}:first")
      try bench.wait(until: "it goes on", connection) { lanes.runner.state.halted.isEmpty }
      lanes.stop()
      #expect(try connection.call("HGET", "{0}:second", "x").equals("y"))
      #expect(try connection.call("EXISTS", "{0}:first").integer == 0, "the finished part ran again")
    }
  }

  @Test func `a stream of the wrong type stops only its own lane, and needs no restart`() async throws {
    try await CopyBench.with(lanes: 3) { bench in
      let connection = try bench.redis.connect()
      let lanes = bench.start()
      try bench.fill(10)
      try bench.awaitCopies()
      try connection.call("RENAME", "{1}:commands", "{1}:kept")
      try connection.call("SET", "{1}:commands", "of the wrong type")
      let name = bench.lanes[1]
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(lanes.runner.state.halted[name]?.contains("{1}:commands") == true)
      for _ in 0..<20 {
        for lane in [0, 2] { try connection.call("XADD", "{\(lane)}:events", "*", "a", "b") }
      }
      try bench.wait(until: "the others go on", connection) {
        try [0, 2].allSatisfy { try bench.copies($0, connection) == 40 }
      }
      #expect(lanes.runner.state.halted.keys.contains(name))
      try connection.call("RENAME", "{1}:kept", "{1}:commands")
      try bench.fill(10)
      try bench.awaitCopies()
      try bench.wait(until: "it says so", connection) { lanes.runner.state.halted.isEmpty }
      lanes.stop()
      try bench.check()
    }
  }

  @Test(
    arguments: [
      ("+@all -hsetnx", "may not do: HSETNX {0}:marks"),
      ("+@all", "{0}:marks is a string, but must be a hash"),
    ])
  func `a lane without the rights or key types for its commits is not opened`(rules: String, reason: String)
    async throws
  {
    try await CopyBench.with(lanes: 2) { bench in
      let connection = try bench.redis.connect()
      var words = RESPWords("ACL", "SETUSER", "default", "on", "nopass", "~*")
      for rule in rules.split(separator: " ") { words.add(String(rule)) }
      try connection.call(words)
      if rules == "+@all" { try connection.call("SET", "{0}:marks", "of the wrong type") }
      try bench.fill(5)
      let name = bench.lanes[0]
      let writes = [
        LaneWrite("HSETNX", "{0}:marks", "x", "x", to: .hash),
        LaneWrite("XADD", bench.output(of: name), "*", "x", "x", to: .stream),
        LaneWrite(like: "SET", "{0}:copied", "x"),
      ]
      let lanes = bench.start(writes: [name: writes], step: Self.marking)
      try bench.wait(until: "it stands still", connection) { lanes.runner.state.halted[name] != nil }
      #expect(lanes.runner.state.halted[name]?.contains(reason) == true, "\(lanes.runner.state.halted)")
      #expect(try bench.copies(0, connection) == 0)
      try connection.call("ACL", "SETUSER", "default", "+@all")
      if rules == "+@all" { try connection.call("DEL", "{0}:marks") }
      try bench.awaitCopies()
      lanes.stop()
      try bench.check()
    }
  }

  @Test func `lanes are taken and finish their work while Redis is full`() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let connection = try bench.redis.connect()
      try bench.fill(1)
      let former = bench.start()
      try bench.awaitCopies()
      former.stop()
      try bench.fill(200)
      try connection.call("CONFIG", "SET", "maxmemory", "1")
      let error = #expect(throws: RedisError.self) { try connection.call("SET", "x", "y") }
      #expect(error?.code == .refused(kind: .outOfMemory))
      // A write that is not part of a commit, like those to users' read models.
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        switch turn.round {
        case 0:
          var commands = Commands("GET", "\(turn.lane.tag):copied")
          commands.add("HSET", "direct:{x}", "\(turn.batch[0].id)", "가")
          return .askAnywhere(commands)
        default: return try StepHandler.copy(turn, &commit)
        }
      }
      try bench.awaitCopies()
      lanes.stop()
      try bench.check()
      #expect(try connection.call("HLEN", "direct:{x}").integer ?? 0 > 0)
    }
  }
}
