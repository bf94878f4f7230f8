import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import Doors

/// A door and its requests, on a real Redis.
@Suite struct DoorTests {
  private func handover(_ id: Int, command: String) throws -> CommandRequest {
    CommandRequest(
      draft: try Draft(fields: ["type": "Handover", "id": "\(id)"], worker: .trade), commandid: command)
  }

  /// A full Redis is worth a retry; an unexpected reply is a defect.
  @Test func `a full Redis is reported as full, and can be retried`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    try connection.call("CONFIG", "SET", "maxmemory", "1")
    let error = #expect(throws: RedisError.self) {
      try pass([try list(nil, product: 1, command: "full")], connection)
    }
    #expect(error?.code == .refused(kind: .outOfMemory) && error?.canRetry == true, "\(error?.message ?? "")")
  }

  @Test func `new ids are small, and skip those that clients chose`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let chosen = try (1...40).map { try list($0, product: $0, command: "c\($0)") }
    _ = try pass(chosen, connection)
    let made = try pass((0..<10).map { try list(nil, product: 500, command: "m\($0)") }, connection)
    let ids = made.compactMap { if case .admitted(let id, _, _) = $0 { id } else { nil } }
    #expect(ids.count == 10 && Set(ids).count == 10)
    #expect(ids.allSatisfy { $0 > 40 && $0 < 1000 })
  }

  @Test func `ids are reserved in blocks, and two processes never make the same one`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    // Two processes, which must never make the same id.
    let processes = [IDBlocks(), IDBlocks()]
    let made = try (0..<200).map { number in
      try pass(
        [try list(nil, product: 500, command: "m\(number)")], connection, blocks: processes[number % 2])
    }
    let ids = made.compactMap { if case .admitted(let id, _, _) = $0.first { id } else { nil } }
    #expect(ids.count == 200 && Set(ids).count == 200)
    #expect(ids.prefix(4) == [1, 65, 2, 66])
    #expect(try connection.calls(of: "incrby") == 4)
  }

  @Test func `a block with many ids that clients chose is given up`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let blocks = IDBlocks()
    _ = try pass((2...1000).map { try list($0, product: $0, command: "c\($0)") }, connection)
    let made = try (0..<100).map { number in
      try pass([try list(nil, product: 500, command: "m\(number)")], connection, blocks: blocks)
    }
    let ids = made.compactMap { if case .admitted(let id, _, _) = $0.first { id } else { nil } }
    #expect(ids.count == 100 && Set(ids).count == 100)
    #expect(ids.first == 1 && ids.dropFirst().allSatisfy { $0 > 1000 && $0 < 5000 })
    #expect(try connection.calls(of: "incrby") != 100)
  }

  @Test func `the door finds the product of an id`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    // The second one names what the first one has just made, in the same batch.
    let admissions = try pass(
      [
        try list(1, product: 100, command: "a"), try handover(1, command: "b"), try handover(2, command: "c"),
      ],
      connection)
    guard case .admitted(1, 100, let shard) = admissions[1] else {
      Issue.record("the handover was not let in: \(admissions[1])")
      return
    }
    #expect(shard == Shard.of(productid: 100, among: 8))
    #expect(admissions[2].error?.reason == .unknownId)
    let entries = try connection.call("XRANGE", Key.commands(.trade, in: shard), "-", "+")
    #expect(entries.count == 2)
    #expect(entries[1]?[1]?.pairs["productid"] == "100")
    #expect(entries[1]?[1]?.pairs["commandid"] == "b")
  }

  @Test func `an id belongs to one product`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    _ = try pass([try list(1, product: 100, command: "a")], connection)
    let again = try pass(
      [try list(1, product: 100, command: "a"), try list(1, product: 200, command: "b")], connection)
    #expect(again[0].error == nil, "a repetition is the lane's to recognise")
    #expect(again[1].error?.reason == .idTaken)
  }

  @Test func `the id of an existing item is refused to other commands`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let shard = Shard.of(productid: 100, among: 8)
    _ = try pass([try list(1, product: 100, command: "a")], connection)
    #expect(try connection.call("GET", Key.directory(.trade, id: 1)).string == "100 a")
    // As long as nothing was created under the id: the first command can have failed.
    let early = try pass([try list(1, product: 100, command: "b")], connection)
    #expect(early[0].error == nil)
    try connection.call("HSET", Key.trade(1, in: shard), "id", "1")
    let late = try pass(
      [try list(1, product: 100, command: "c"), try list(1, product: 100, command: "a")], connection)
    #expect(late[0].error?.reason == .idTaken)
    #expect(late[1].error == nil)
    // The command that took the id instead of the first is recognized by its outcome.
    try connection.call("SET", Key.operation("b", in: shard), "accepted\tTradeListed\tid\t1")
    #expect(try pass([try list(1, product: 100, command: "b")], connection)[0].error == nil)
    // Older releases stored only the product.
    try connection.call("SET", Key.directory(.trade, id: 1), "100")
    let older = try pass(
      [try list(1, product: 100, command: "c"), try handover(1, command: "d")], connection)
    #expect(older[0].error?.reason == .idTaken)
    #expect(older[1].error == nil)
  }

  @Test func `an id that the door makes belongs to its command`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let request = try list(nil, product: 100, command: "a")
    _ = try pass([request], connection)
    #expect(try connection.call("GET", Key.directory(.trade, id: 1)).string == "100 a made")
    let shard = Shard.of(productid: 100, among: 8)
    let entry = try connection.call("XRANGE", Key.commands(.trade, in: shard), "-", "+")[0]?[1]?.pairs
    #expect(entry?["id"] == "1" && entry?["digest"] == request.digest.text)
    // A copy that knows the first one's id takes no other id.
    let copy = try pass([try list(nil, product: 100, command: "a", reserved: 1)], connection)
    guard case .admitted(id: 1, _, _) = copy[0] else { Issue.record("\(copy[0])"); return }
    // Another command learns that the id is taken.
    let other = try pass([try list(nil, product: 100, command: "b", reserved: 1)], connection)
    guard case .conflict(_, id: 1, productid: 100) = other[0] else { Issue.record("\(other[0])"); return }
    #expect(try connection.call("KEYS", "id:{*").count == 1)
  }

  @Test func `the door records a followed command as waiting, unless it has an outcome`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let record = Key.operation("a", in: .of(productid: 100, among: 8))
    _ = try pass([try list(1, product: 100, command: "b")], connection)
    #expect(try connection.call("KEYS", "*operation*").count == 0)
    let request = try list(1, product: 100, command: "a", isFollowed: true)
    _ = try pass([request], connection)
    #expect(try connection.call("GET", record).string == CommandRecord.waiting)
    #expect(try connection.call("PTTL", record).integer == -1)
    try connection.call("SET", record, "accepted\tTradeListed\tid\t1")
    _ = try pass([request], connection)
    #expect(try connection.call("GET", record).string == "accepted\tTradeListed\tid\t1")
  }

  @Test func `what verified users send is their own, whatever they call it`() {
    let (one, other) = (ActingUser("김민지"), ActingUser("이준호"))
    for key in ["a", "김민지/a", CommandName.scoped("a", for: other)] {
      let own = CommandName.key(CommandName.scoped(key, for: one))
      #expect(CommandName.isOwn(own, of: one) && !CommandName.isOwn(own, of: other))
      #expect(own != CommandName.key(CommandName.scoped(key, for: other)) && own != CommandName.key(key))
    }
    let made = CommandName.made(for: one)
    #expect(CommandName.isOwn(made, of: one) && !CommandName.isOwn(made, of: other))
    for foreign in [CommandName.made(), "key:a", "operator:a", "stock.commands/1-0", ""] {
      #expect(!CommandName.isOwn(foreign, of: one))
    }
    #expect(
      [made, "key:a", "operator:a", "stock.commands:a", "trade.commands/1-0", "a"].map(CommandName.way) == [
        .http, .http, .operator, .inlet, .inlet, nil,
      ])
  }

  @Test func `command ids of different doors never collide`() throws {
    let same = ["a", "stock.commands/1-0", "key:a", "h-1", "trade.commands:a", "operator:a"]
    var names = Set(same.map(CommandName.key))
    for inlet in ["stock.commands", "trade.commands"] {
      for name in same { names.insert(try CommandName.entry(["commandid": name], id: "2-0", inlet: inlet)) }
      names.insert(try CommandName.entry([:], id: "1-0", inlet: inlet))
    }
    for name in same { names.insert(try #require(try CommandName.replay(["commandid": name]))) }
    names.insert(CommandName.made())
    names.insert(CommandName.made())
    #expect(names.count == 4 * same.count + 4)
    #expect(throws: FieldError.self) {
      try CommandName.entry(["commandid": "caf\u{E9}"], id: "1-0", inlet: "x")
    }
  }

  /// The append went through, but its reply was lost.
  @Test func `a retry after a lost reply uses the same id`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    var door = Door([try list(nil, product: 100, command: "a")], shards: 8)
    for _ in 0..<2 { _ = try door.run(on: connection) }
    let stream = Key.commands(.trade, in: Shard.of(productid: 100, among: 8))
    let entries = try connection.call("XRANGE", stream, "-", "+").compactMap { $0[1]?.pairs }
    #expect(entries.count == 2)
    #expect(Set(entries.compactMap { $0["id"] }).count == 1)
    #expect(Set(entries.compactMap { $0["commandid"] }) == ["a"])
  }

  /// A Redis that is briefly full must not let later commands overtake earlier ones.
  @Test func `a shard takes a batch in order or not at all`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let requests = try (1...2000).map { (id: Int) in
      try list(id, product: 100, command: "\(id)-" + String(repeating: "c", count: 200))
    }
    var door = Door(requests, shards: 8)
    func round(_ replies: [Reply] = []) throws -> Commands? {
      if case .ask(let commands) = try door.next(replies) { commands } else { nil }
    }
    let claims = try connection.exchange(try #require(try round()))
    let entries = try #require(try round(claims))
    let used = try connection.call("INFO", "memory").string ?? ""
    let line = used.split(separator: "\r\n").first { $0.hasPrefix("used_memory:") }
    let bytes = try #require(line.flatMap { Int($0.dropFirst("used_memory:".count)) })
    try connection.call("CONFIG", "SET", "maxmemory", "\(bytes + 400_000)")
    let refused = try connection.exchange(entries)
    let stream = Key.commands(.trade, in: .of(productid: 100, among: 8))
    #expect(try connection.call("XLEN", stream).integer == 0)
    #expect(throws: RedisError.self) { try round(refused) }
    try connection.call("CONFIG", "SET", "maxmemory", "0")
    #expect(try round(try connection.exchange(entries)) == nil)
    let taken = try connection.call("XRANGE", stream, "-", "+").compactMap { $0[1]?.pairs["id"] }
    #expect(taken == (1...2000).map { "\($0)" })
  }

  @Test func `a full shard takes no commands, and the others do`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let full = Shard.of(productid: 100, among: 8)
    let admissions = try pass(
      [try list(1, product: 100, command: "a"), try list(2, product: 101, command: "b")], connection,
      isFull: { $0 == full })
    guard case .full = admissions[0] else {
      Issue.record("let in: \(admissions[0])")
      return
    }
    #expect(admissions[1].error == nil)
    #expect(try connection.call("EXISTS", Key.commands(.trade, in: full)).integer == 0)
  }
}
