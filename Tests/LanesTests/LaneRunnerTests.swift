import Foundation
import Lanes
import Market
import Redis
import Testbed
import Testing

@Suite struct LaneRunnerTests {
  @Test func `every entry is handled exactly once, in the order of the merge`() async throws {
    try await CopyBench.with(lanes: 4) { bench in
      try bench.fill(300)
      var options = LaneOptions.brisk
      // There is no other replica to take a lane, and a lease must not expire on a busy machine.
      options.lease = Patience.limit
      let lanes = bench.start("a", options)
      try bench.awaitCopies()
      // Entries from before its start are in the order of time, across the streams.
      let connection = try bench.redis.connect()
      for lane in bench.lanes {
        let copies = Array(try connection.call("XRANGE", bench.output(of: lane), "-", "+"))
        let order = copies.compactMap { copy in
          copy[1]?[5]?.string.flatMap { EntryID($0) }.map { ($0, copy[1]?[3]?.integer ?? -1) }
        }
        #expect(order.count == 600)
        #expect(
          zip(order, order.dropFirst()).allSatisfy { (one, next) in
            (one.0.milliseconds, one.1, one.0.sequence) < (next.0.milliseconds, next.1, next.0.sequence)
          })
      }
      for _ in 0..<10 {
        try bench.fill(20)
        try bench.awaitNextCopy()
        for stream in bench.lanes.flatMap(bench.streams) {
          let group = try Group("copy", of: stream, connection)
          #expect(group.read != nil && group.lag != nil && group.last != nil)
        }
      }
      try bench.awaitCopies()
      #expect(lanes.stop() != nil)
      try bench.check()
      let state = lanes.runner.state
      #expect(state.entries == 4 * 2 * 500)
      #expect(state.fenced == 0 && state.deadLetters == 0 && state.lanes.isEmpty)
    }
  }

  @Test func `a batch is handled in rounds, and lanes take turns at them`() async throws {
    let steps = Watched<[String]>([])
    try await CopyBench.with(lanes: 3) { bench in
      try bench.fill(5)
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        steps.change { $0.append("\(turn.round)\(turn.lane.tag)") }
        switch turn.round {
        case 0: return .ask(Commands("SET", "\(turn.lane.tag):mark", "1"))
        case 1:
          #expect(turn.replies.map { $0.equals("OK") } == [true])
          var commands = Commands("INCR", "\(turn.lane.tag):mark")
          commands.add("INCR", "\(turn.lane.tag):mark")
          return .ask(commands)
        case 2:
          #expect(turn.replies.map(\.integer) == [2, 3])
          return .ask(Commands("GET", "\(turn.lane.tag):copied"))
        default: return try StepHandler.copy(turn, &commit)
        }
      }
      try bench.awaitCopies()
      #expect(
        steps.now.prefix(12) == [
          "0{0}", "0{1}", "0{2}", "1{0}", "1{1}", "1{2}", "2{0}", "2{1}", "2{2}", "3{0}", "3{1}", "3{2}",
        ])
      lanes.stop()
      try bench.check()
    }
  }

  @Test func `the cursors move even if a batch changes nothing`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      try bench.fill(40)
      let handled = Watched(0)
      let lanes = bench.start { turn, _ in
        handled.change { $0 += turn.batch.count }
        return .commit
      }
      #expect(handled.wait { $0 == 80 } != nil)
      lanes.stop()
      #expect(handled.now == 80)
      let connection = try bench.redis.connect()
      for stream in bench.streams(of: bench.lanes[0]) {
        let last = try connection.call("XREVRANGE", stream, "+", "-", "COUNT", "1")[0]?[0]?.string
        #expect(try Group("copy", of: stream, connection) == Group(read: 40, lag: 0, last: last))
        let cursor = try connection.call("HGET", bench.lanes[0].cursor, stream).string
        #expect(cursor == "\(last ?? "") 40")
      }
    }
  }

  @Test func `a batch is tried again after its handler threw`() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let errors = Watched<[RedisError]>(
        (0..<6).map { RedisError($0 % 3 == 2 ? .refused(kind: .noScript) : .unexpectedReply, "made up") })
      try bench.fill(50)
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        var error: RedisError?
        // In the first round, and after it.
        errors.change { if $0.count % 2 == turn.round { error = $0.popLast() } }
        if let error { throw error }
        return try StepHandler.copy(turn, &commit)
      }
      try bench.awaitCopies()
      #expect(errors.now.isEmpty)
      lanes.stop()
      try bench.check()
    }
  }

  @Test func `a stopped runner finishes its batch and gives its lanes back`() async throws {
    try await CopyBench.with(lanes: 2) { bench in
      let entered = Watched(false)
      let gate = DispatchSemaphore(value: 0)
      try bench.fill(8)
      let lanes = bench.start { (turn, commit) throws(RedisError) in
        if turn.round == 0, !entered.now {
          entered.change { $0 = true }
          #expect(gate.wait(timeout: Patience.deadline) == .success)
        }
        return try StepHandler.copy(turn, &commit)
      }
      #expect(entered.wait { $0 } != nil)
      lanes.runner.stop()
      gate.signal()
      #expect(lanes.stop() != nil)
      try bench.check()
      let connection = try bench.redis.connect()
      for lane in bench.lanes { #expect(try connection.call("GET", lane.lease).isNull) }
      #expect(try connection.call("ZCARD", "replicas:{copy}").integer == 0)
      #expect(lanes.runner.state.commits == 2)
    }
  }

  @Test func `a runner stops at once while Redis is down`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let lanes = bench.start()
      #expect(bench.holders.wait { !$0.isEmpty } != nil)
      bench.redis.process.kill()
      #expect(bench.holders.wait { $0.isEmpty } != nil)
      let ended = try #require(lanes.stop())
      #expect(ended < Patience.prompt)
    }
  }
}
