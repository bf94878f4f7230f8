import Lanes
import Market
import Redis
import Testbed
import Testing

@Suite struct DeadLetterTests {
  /// Copies all entries; those that are not text or have more than a hundred fields also become dead letters.
  private static let step: StepHandler.Step = { (turn, commit) throws(RedisError) in
    let step = try StepHandler.copy(turn, &commit)
    guard case .commit = step else { return step }
    for entry in turn.batch {
      do throws(FieldError) {
        guard try entry.fields().pairs.count > 100 else { continue }
        throw FieldError(field: "n0", reason: .tooLong, message: "Too many fields.")
      } catch {
        commit.addDeadLetter(entry, from: "{0}:events", because: error)
      }
    }
    return .commit
  }

  @Test func `a dead letter keeps the raw fields, text or not`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let binary: [UInt8] = [0xFF, 0, 13, 10, 0xC3]
      var words = RESPWords("XADD", "{0}:events", "*", "id", "거래", "")
      words.add("")
      binary.withUnsafeBytes { words.add($0) }
      binary.reversed().withUnsafeBytes { words.add($0) }
      let id = try connection.call(words).string
      let lanes = bench.start(step: Self.step)
      try bench.awaitCopies()
      lanes.stop()
      try bench.check()
      let letters = try connection.call("XRANGE", "{0}:deadletters", "-", "+")
      #expect(letters.count == 1)
      let parts = Array(try #require(letters[0]?[1]))
      let texts = parts.prefix(16).map(\.string)
      #expect(
        texts.prefix(8) == ["worker", "copy", "stream", "{0}:events", "entry", id, "reason", "notText"])
      #expect(texts[8] == "wrong" && texts[10] == "message")
      #expect(texts.suffix(4) == ["field:id", "거래", "field:", ""])
      #expect(parts[16].withBytes { Array($0) } == Array("field:".utf8) + binary)
      #expect(parts[17].withBytes { Array($0) } == binary.reversed())
      #expect(parts.count == 18)
      #expect(lanes.runner.state.deadLetters == 1)
    }
  }

  @Test func `a long dead letter is truncated, and says how long the entry was`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      var words = RESPWords("XADD", "{0}:events", "*")
      for number in 0..<20_000 {
        words.add("n\(number)")
        words.add(number)
      }
      try connection.call(words)
      try connection.call(
        "XADD", "{0}:events", "*", "n0", String(repeating: "가", count: 50_000), "\u{0}", "b")
      let lanes = bench.start(step: Self.step)
      try bench.awaitCopies()
      lanes.stop()
      try bench.check()
      let letters = Array(try connection.call("XRANGE", "{0}:deadletters", "-", "+"))
      // The second one has few fields, so this handler accepts it.
      #expect(letters.count == 1 && lanes.runner.state.deadLetters == 1)
      let parts = Array(try #require(letters.first?[1]))
      #expect(parts[0].equals("worker") && parts[7].equals("tooLong"))
      #expect(
        parts[12].equals("cut") && parts[13].integer == (0..<20_000).reduce(0) { $0 + 1 + 2 * "\($1)".count })
      #expect(parts.dropFirst(14).count == 2000)
      for place in stride(from: 14, to: parts.count, by: 2) {
        #expect(parts[place].string == "field:n\(parts[place + 1].integer ?? -1)")
      }
    }
  }

  @Test func `entries too large for a handler become truncated dead letters`() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let value = String(repeating: "x", count: 300_000)
      for _ in 0..<3 { try connection.call("XADD", "{0}:events", "*", "a", value, "b", "c") }
      try connection.call("XADD", "{0}:events", "*", "a", "b")
      let lanes = bench.start()
      let deadline = ContinuousClock.now + Patience.limit
      while try connection.call("XLEN", "{0}:output").integer != 1 {
        try #require(ContinuousClock.now < deadline, "the entry behind the large ones is not copied")
        try connection.call("BLPOP", "nothing", "0.1")
      }
      lanes.stop()
      let letters = Array(try connection.call("XRANGE", "{0}:deadletters", "-", "+"))
      #expect(letters.count == 3)
      for letter in letters {
        let parts = Array(try #require(letter[1]))
        #expect(parts[7].equals("tooLong") && parts[9].equals("entry"))
        #expect(parts[12].equals("cut") && parts[13].integer == 300_003)
        #expect(parts[15].withBytes { $0.count } == 4096)
      }
    }
  }
}
