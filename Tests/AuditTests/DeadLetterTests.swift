import Audit
import Layout
import Market
import Redis
import Testing

/// Dead letters are shown, corrected, sent again once, and dropped.
@Suite struct DeadLetterTests {
  private func bench(_ entries: [String]...) throws -> Bench {
    let bench = try Bench(shards: 2)
    for entry in entries {
      var words = Words()
      for word in ["XADD", "reservation.commands", "*"] + entry { words.add(word) }
      var commands = Commands()
      commands.add(words)
      for reply in try bench.connection.exchange(commands) { try reply.get() }
    }
    try bench.settle([])
    return bench
  }

  private static func reserve(_ id: Int, qty: String) -> [String] {
    Fields.reserve(id, of: 1).filter { $0.name != "qty" }.flatMap { [$0.name, $0.value] } + ["qty", qty]
  }

  @Test func theyAreSentAgainOnceAndInOrder() throws {
    let bench = try bench(Self.reserve(1, qty: "many"), Self.reserve(2, qty: "0"))
    let office = try DeadLetterOffice(bench.connection)
    let letters = try office.letters()
    #expect(letters.map(\.reason) == ["notANumber", "outOfRange"] && letters.map(\.wrong) == ["qty", "qty"])
    #expect(try bench.audit().totals.deadLetters == 2)
    #expect(try office.letter(letters[0].id)?.fields["qty"] == "many")
    guard case .refused(let why) = try office.replay(letters[0]) else { Issue.record("sent"); return }
    #expect(why.hasPrefix("qty must be"))
    for letter in letters {
      guard case .delivered = try office.replay(letter, setting: ["qty": "1"]) else {
        Issue.record("\(letter.id) was refused")
        return
      }
      // As if the first time had ended before the letter was taken away.
      _ = try office.replay(letter, setting: ["qty": "1"])
    }
    try bench.settle([])
    #expect(try office.letters().isEmpty)
    let report = try bench.audit()
    #expect(report.said == [])
    #expect(report.totals.commands == 4 && report.totals.outcomes == 2 && report.totals.waiting == 2)
    let line = try bench.connection.call("ZRANGE", Key.index(of: .reserve, in: bench.shard(of: 1)), "0", "-1")
    #expect(line.compactMap(\.string) == ["1", "2"])
  }

  @Test func whatTheDoorRefusesStays() throws {
    let bench = try bench(["type", "CancelReserve", "id", "77"])
    let office = try DeadLetterOffice(bench.connection)
    let letter = try #require(try office.letters().first)
    #expect(letter.id.hasPrefix("reservation.commands/") && letter.reason == "unknownId")
    #expect(try office.replay(letter) == .refused("id 77 names no reserve that is known here."))
    #expect(try office.letters().count == 1)
    try office.drop(letter)
    #expect(try office.letters().isEmpty)
    #expect(try office.letter(letter.id) == nil)
  }

  @Test func aFieldThatBeginsWithACombiningMarkIsThere() throws {
    let bench = try bench(Self.reserve(1, qty: "many") + ["\u{301}x", "1"])
    let letter = try #require(try DeadLetterOffice(bench.connection).letters().first)
    #expect(letter.fields["\u{301}x"] == "1" && letter.text.contains("\u{301}x: 1"))
  }

  /// What no worker can read is not what happened, and read models have a remedy of their own.
  @Test func anEventThatCannotBeReadStays() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1)])
    try bench.connection.call("XADD", "{0}:events", "*", "type", "TradeStarted", "reserveid", "x")
    try bench.settle([])
    let office = try DeadLetterOffice(bench.connection)
    let letters = try office.letters(of: "stock")
    #expect(letters.count == 1)
    guard case .refused(let why) = try office.replay(letters[0]) else { Issue.record("sent"); return }
    #expect(why.contains("events cannot be sent again"))
    #expect(try office.letters().count == letters.count + 3)
    #expect(letters[0].line.hasPrefix("0/") && letters[0].text.contains("  reserveid: x"))
  }
}
