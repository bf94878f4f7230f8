import Doors
import Keys
import Market
import Operations
import Redis
import Testing

/// A command id belongs to one command, and an id to one item, whichever way the commands come in.
@Suite struct CommandIDTests {
  /// Writes to a stream as a user of `redis-cli` would.
  @discardableResult
  private func write(_ bench: Bench, _ stream: String, _ entries: Fields...) throws -> [String] {
    var commands = Commands()
    commands.add("MULTI")
    for fields in entries {
      var words = RESPWords("XADD", stream, "*")
      for (name, value) in fields {
        words.add(name)
        words.add(value)
      }
      commands.add(words)
    }
    commands.add("EXEC")
    let replies = try bench.connection.exchange(commands)
    for reply in replies { try reply.get() }
    return replies.last?.compactMap(\.string) ?? []
  }

  private func events(_ bench: Bench, _ shard: Int = 0) throws -> [Fields] {
    try bench.connection.call("XRANGE", "{\(shard)}:events", "-", "+").map { entry in
      let words = entry[1]?.compactMap(\.string) ?? []
      return Fields(stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) })
    }
  }

  private func rejections(_ bench: Bench) throws -> [String] {
    try events(bench).filter { $0["type"] == "CommandRejected" }.map {
      "\($0["reason"] ?? "") \($0["id"] ?? "")"
    }
  }

  @Test func `another command under a used command id is rejected`() throws {
    let bench = try Bench(shards: 1)
    let inlet = Key.inlet(.reservation)
    let first = Fields.reserve(1, of: 7).with("commandid", "mine")
    // In the same batch, and later: another id, another content, another kind.
    try write(bench, inlet, first, .reserve(2, of: 7).with("commandid", "mine"), first)
    bench.start()
    try bench.settle([])
    try write(bench, inlet, .reserve(1, of: 7, qty: 2).with("commandid", "mine"), first)
    try write(bench, inlet, ["type": "CancelReserve", "id": "1", "commandid": "mine"])
    try bench.settle([])
    #expect(
      try rejections(bench) == ["commandIdReused 2", "commandIdReused 1", "commandIdReused 1"])
    let report = try bench.audit()
    #expect(report.said == [])
    #expect(report.totals.commands == 6 && report.totals.outcomes == 4 && report.totals.waiting == 1)
    let record = try bench.connection.call("GET", "{0}:operation:reservation.commands:mine").string
    #expect(record?.contains("accepted\tReserveCompleted\tid\t1\t") == true)
  }

  /// The command waits for the stock worker, and a later batch finishes it.
  @Test func `a command id stays taken if a later batch finishes its command`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.reserve(1, of: 7), .list(9, of: 7), .register(7)])
    let cancel: Fields = ["type": "CancelReserve", "id": "1", "commandid": "mine"]
    try write(bench, Key.inlet(.reservation), cancel)
    try bench.settle([])
    try write(bench, Key.inlet(.reservation), cancel, cancel.with("delete", "1"))
    try bench.settle([])
    #expect(try rejections(bench) == ["commandIdReused 1"])
    #expect(try bench.audit().said == [])
  }

  @Test func `a copy of a command is recognized even if the door makes the item id`() throws {
    let bench = try Bench(shards: 1)
    let command = Fields(Fields.reserve(1, of: 7).filter { $0.name != "id" }).with("commandid", "mine")
    try write(bench, Key.inlet(.reservation), command, command)
    try bench.settle([])
    try write(bench, Key.inlet(.reservation), command)
    try bench.settle([])
    let report = try bench.audit()
    #expect(report.said == [] && report.totals.waiting == 1 && report.totals.rejections == 0)
  }

  @Test func `commands whose command id is not ASCII become dead letters`() throws {
    let bench = try Bench(shards: 1)
    let names = ["caf\u{E9}", "cafe\u{301}", "\u{212A}", "K"]
    let commands = names.enumerated().map {
      Fields.reserve($0.offset + 1, of: 7).with("commandid", $0.element)
    }
    for command in commands { try write(bench, Key.inlet(.reservation), command) }
    // And past the doors, directly to a shard's stream.
    for command in commands.prefix(2) { try write(bench, "{0}:reservation.commands", command) }
    try bench.settle([])
    #expect(try bench.connection.call("XLEN", "{reservation.commands}:deadletters").integer == 3)
    #expect(try bench.connection.call("XLEN", "{0}:deadletters").integer == 2)
    let report = try bench.audit()
    #expect(report.said == [] && report.totals.waiting == 1)
    let letter = try #require(try DeadLetterOffice(bench.connection).letters().first)
    #expect(letter.wrong == "commandid" && letter.message.contains("visible ASCII"))
    // Under an id that the operator chooses, it can be replayed.
    let office = try DeadLetterOffice(bench.connection)
    guard case .refused = try office.replay(letter) else { Issue.record("sent"); return }
    guard case .delivered("operator:x", _, _) = try office.replay(letter, setting: ["commandid": "x"]) else {
      Issue.record("refused")
      return
    }
    try bench.settle([])
    #expect(try bench.audit().totals.waiting == 2)
  }

  @Test func `a command id of one door cannot collide with one of another`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.register(7, qty: 5)])
    // The command id that the door will give to the next entry, sent in every possible way.
    let next = "9999999999999-7"
    for name in [
      "stock.commands/\(next)", "reservation.commands/\(next)", "reservation.commands:order-1", "key:order-1",
    ] {
      try write(
        bench, Key.inlet(.reservation), Fields.reserve(name.utf8.count, of: 7).with("commandid", name))
    }
    try bench.settle([])
    let adjust: Fields = ["type": "AdjustStock", "id": "7", "qty": "99"]
    var words = RESPWords("XADD", Key.inlet(.stock), next)
    for (name, value) in adjust {
      words.add(name)
      words.add(value)
    }
    var commands = Commands()
    commands.add(words)
    for reply in try bench.connection.exchange(commands) { try reply.get() }
    // The same commandid at two inlets stands for two commands.
    try write(bench, Key.inlet(.trade), Fields.list(9, of: 7).with("commandid", "order-1"))
    try write(bench, Key.inlet(.reservation), Fields.reserve(1, of: 7).with("commandid", "order-1"))
    try bench.settle([])
    #expect(try bench.connection.call("HGET", "{0}:stock:7", "qty").string == "99")
    #expect(try bench.connection.call("EXISTS", "{0}:trade:9", "{0}:reserve:1").integer == 2)
    #expect(try rejections(bench) == [])
    #expect(try bench.audit().said == [])
  }

  @Test func `an item id is never used for a second item`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([.list(1, of: 7), .register(7)])
    try bench.settle([
      ["type": "WithdrawTrade", "id": "1"], ["type": "WithdrawStock", "id": "7", "productid": "7"],
      .reserve(1, of: 8), ["type": "CancelReserve", "id": "1", "delete": "1"],
    ])
    let again: [Fields] = [.list(1, of: 7), .register(7), .reserve(1, of: 8)]
    #expect(try bench.send(again).map(\.error?.reason) == [.idTaken, .idTaken, .idTaken])
    // Past the doors: also for another product of the shard, and twice in one batch.
    try write(
      bench, "{0}:trade.commands", .list(1, of: 7), .list(1, of: 9), .list(2, of: 9), .list(2, of: 10))
    try write(
      bench, "{0}:stock.commands", .register(7),
      .register(9, id: 7),
      .register(11), .register(12, id: 11))
    try write(bench, "{0}:reservation.commands", .reserve(1, of: 8), .reserve(1, of: 9))
    try bench.settle([])
    #expect(
      try rejections(bench).sorted()
        == [
          "duplicateId 1", "duplicateId 1", "duplicateId 1", "duplicateId 1", "duplicateId 11",
          "duplicateId 2",
          "duplicateId 7", "duplicateId 7",
        ])
    let made = try events(bench).filter {
      ["TradeListed", "StockRegistered", "ReserveCompleted"].contains($0["type"])
    }
    #expect(made.compactMap { $0["id"] }.sorted() == ["1", "1", "11", "2", "7"])
    // What no door admitted is not in the directory.
    #expect(try bench.audit().codes == [.directory])
  }

  @Test func `the item id of a rejected command can be used again`() throws {
    let bench = try Bench(shards: 1)
    try bench.settle([
      .list(1, of: 7), .list(2, of: 7), .register(7),
      .register(7, id: 8),
    ])
    #expect(try rejections(bench).sorted() == ["listingOpen 2", "stockExists 8"])
    try bench.settle([["type": "WithdrawTrade", "id": "1"], .list(2, of: 7)])
    #expect(try bench.connection.call("HGET", "{0}:trade:2", "status").string == "판매중")
    #expect(try bench.audit().said == [])
  }
}
