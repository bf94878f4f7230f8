import Lanes
import Market
import Redis
import Testbed
import Testing

@Suite("A dead letter")
struct DeadLetterTests {
  /// Copies all, and puts what is no text or has more than a hundred fields to the dead letters as well.
  private static let step: StepHandler.Step = { (turn, commands, commit) throws(RedisError) in
    try StepHandler.copy(turn, &commands, &commit)
    guard commands.isEmpty else { return }
    for entry in turn.batch {
      do throws(FieldError) {
        guard try entry.fields().pairs.count > 100 else { continue }
        throw FieldError(field: "n0", reason: .tooLong, message: "Too many fields.")
      } catch {
        commit.addDeadLetter(entry, from: "{0}:events", because: error)
      }
    }
  }

  @Test("keeps the raw fields, text or not")
  func raw() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      let binary: [UInt8] = [0xFF, 0, 13, 10, 0xC3]
      var words = Words("XADD", "{0}:events", "*", "id", "거래", "")
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

  @Test("holds no lane up, however many fields it has")
  func wide() async throws {
    try await CopyBench.with(lanes: 1) { bench in
      let connection = try bench.redis.connect()
      var words = Words("XADD", "{0}:events", "*")
      for number in 0..<20_000 {
        words.add("n\(number)")
        words.add(number)
      }
      try connection.call(words)
      let lanes = bench.start(step: Self.step)
      try bench.awaitCopies(within: .seconds(5))
      lanes.stop()
      try bench.check()
      var kept: [String: Int] = [:]
      for letter in try connection.call("XRANGE", "{0}:deadletters", "-", "+") {
        let parts = Array(try #require(letter[1]))
        #expect(parts[0].equals("worker") && parts[7].equals("tooLong"))
        for place in stride(from: 12, to: parts.count, by: 2) {
          kept[try #require(parts[place].string)] = parts[place + 1].integer
        }
      }
      #expect(kept.count == 20_000)
      #expect(kept.allSatisfy { $0.key == "field:n\($0.value)" })
      #expect(lanes.runner.state.deadLetters == 1)
    }
  }
}
