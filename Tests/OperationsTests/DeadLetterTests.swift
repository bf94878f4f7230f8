import Keys
import Lanes
import Market
import Operations
import Redis
import Testing

/// Dead letters are shown, corrected, replayed once, and dropped.
@Suite struct DeadLetterTests {
  private func bench(_ entries: [String]...) throws -> Bench {
    let bench = try Bench(shards: 2)
    for entry in entries {
      var words = RESPWords()
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

  @Test func `corrected dead letters are replayed once and in order`() throws {
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
      // As if the first replay had ended before it removed the letter.
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

  @Test func `a dead letter that the door refuses stays until it is dropped`() throws {
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

  @Test func `dropping a dead letter lets its operation record expire`() throws {
    let bench = try Bench(shards: 1)
    let record = Key.operation("key:a", in: Shard(0))
    try bench.connection.call("SET", record, CommandRecord.waiting)
    try bench.connection.call(
      "XADD", "{0}:trade.commands", "*", "type", "Handover", "commandid", "key:a")
    try bench.settle([])
    let office = try DeadLetterOffice(bench.connection)
    #expect(try bench.connection.call("PTTL", record).integer == -1)
    try office.drop(try #require(try office.letters().first))
    #expect(try bench.connection.call("PTTL", record).integer ?? 0 > 0)
  }

  @Test func `a field name that begins with a combining mark is kept`() throws {
    let bench = try bench(Self.reserve(1, qty: "many") + ["\u{301}x", "1"])
    let letter = try #require(try DeadLetterOffice(bench.connection).letters().first)
    #expect(letter.fields["\u{301}x"] == "1" && letter.text.contains("\u{301}x: 1"))
  }

  /// A part of a command is not that command.
  @Test func `a truncated dead letter cannot be replayed`() throws {
    let bench = try bench(Self.reserve(1, qty: "many") + ["remark", String(repeating: "x", count: 50_000)])
    let office = try DeadLetterOffice(bench.connection)
    let letter = try #require(try office.letters().first)
    #expect(letter.cut != nil && letter.text.contains("only a part"))
    guard case .refused(let why) = try office.replay(letter, setting: ["qty": "1"]) else {
      Issue.record("sent")
      return
    }
    #expect(why.hasPrefix("Only a part of it was kept"))
    #expect(try office.letters().count == 1)
  }

  /// An unreadable event cannot be handed back, and read models have a remedy of their own.
  @Test func `an unreadable event cannot be replayed`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 1)])
    try bench.connection.call("XADD", "{0}:events", "*", "type", "TradeStarted", "reserveid", "x")
    try bench.settle([])
    let office = try DeadLetterOffice(bench.connection)
    let letters = try office.letters(of: "stock")
    #expect(letters.count == 1)
    guard case .refused(let why) = try office.replay(letters[0]) else { Issue.record("sent"); return }
    #expect(why.contains("not a readable event"))
    #expect(letters[0].line.hasPrefix("0/") && letters[0].text.contains("  reserveid: x"))
    let shown = try #require(try office.letters(of: "mypage").first)
    guard case .refused(let remedy) = try office.replay(shown) else { Issue.record("sent"); return }
    #expect(remedy.contains("handover rebuild mypages"))
    #expect(try office.letters().count == letters.count + 3)
  }

  /// Puts the last event of a type aside, as if it had crashed the worker.
  private func putAside(_ type: String, by worker: String, _ bench: Bench) throws -> EntryID {
    let redis = bench.connection
    let entries = Array(try redis.call("XRANGE", "{0}:events", "-", "+"))
    let place = try #require(
      entries.lastIndex { entry in entry[1].map { $0[1]?.string == type } ?? false }, "no \(type)")
    let id = try #require(entries[place][0]?.string)
    var words = RESPWords("XADD", "{0}:deadletters", "*")
    let facts = [
      "worker", worker, "stream", "{0}:events", "entry", id, "reason", "crashed", "wrong", "entry",
    ]
    for word in facts + ["message", "It ended three times."] { words.add(word) }
    var isName = true
    for part in entries[place][1] ?? .null {
      words.add((isName ? "field:" : "") + (part.string ?? ""))
      isName.toggle()
    }
    var commands = Commands()
    commands.add(words)
    // The lane has read up to it, and nothing after it.
    commands.add("HSET", "{0}:cursor:\(worker)", "{0}:events", "\(id) \(place + 1)")
    commands.add("XGROUP", "SETID", "{0}:events", worker, id, "ENTRIESREAD", "\(place + 1)")
    for reply in try redis.exchange(commands) { try reply.get() }
    return try #require(EntryID(id))
  }

  /// A deal whose event crashed a worker is stuck. Once the event is handed back, it goes on, exactly once.
  @Test(arguments: [
    ("TradeStarted", "stock", "trade"), ("StockHeld", "trade", "stock"),
    ("ReserveCompleted", "trade", "reservation"),
  ])
  func `an event that was put aside can be handed back exactly once`(
    type: String, by worker: String, saidBy author: String
  ) throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.list(1, of: 1), .register(1, qty: 1)])
    bench.stop()
    // Only the workers up to the event's author run, so that it is the last event.
    let order = ["reservation", "trade", "stock"]
    let upTo = try #require(order.firstIndex(of: author))
    try bench.send([.reserve(1, of: 1)])
    for name in order[...upTo] { try bench.run(only: [name]) }
    let position = try putAside(type, by: worker, bench)
    // The later buyer must not be served first.
    try bench.settle([.reserve(2, of: 1)])
    let said = try bench.audit().said
    #expect(!said.isEmpty, "nothing stands still")
    let office = try DeadLetterOffice(bench.connection)
    let letter = try #require(try office.letters().first)
    #expect(
      try office.replay(letter, setting: ["qty": "2"])
        == .refused("It is an event: what has happened cannot be corrected."))
    let lane = LaneName(worker: worker, tag: "{0}")
    #expect(try office.replay(letter) == .handedBack(type: type, position: position, lane: lane))
    guard case .refused(let why) = try office.replay(letter) else { Issue.record("twice"); return }
    #expect(why.contains("meanwhile") || why.contains("nothing to replay"))
    try bench.settle([["type": "Handover", "id": "1"]])
    let report = try bench.audit()
    #expect(report.said == [])
    #expect(report.totals.deadLetters == 0 && report.totals.finished == 1 && report.totals.rejections == 0)
    #expect(try bench.connection.call("HGET", "{0}:stock:1", "qty").string == "0")
    let first = try bench.connection.call("HGET", "{0}:reserve:1", "status").string
    #expect(first == (type == "ReserveCompleted" ? "거래불가" : "거래완료"))
  }
}
