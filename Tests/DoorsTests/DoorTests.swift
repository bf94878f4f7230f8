import Lanes
import Layout
import Market
import Redis
import Testbed
import Testing

@testable import Doors

/// What a door does with requests, on a real Redis.
@Suite struct DoorTests {
  private func pass(
    _ requests: [Request], _ connection: RedisConnection, blocks: IDBlocks? = nil,
    isFull: @escaping @Sendable (Shard) -> Bool = { _ in false }
  ) throws -> [Admission] {
    var door = Door(requests, shards: 8, blocks: blocks, isFull: isFull)
    var replies: [Reply] = []
    while true {
      var commands = Commands()
      try door.next(replies, commands: &commands)
      if commands.isEmpty { return door.admissions }
      replies = try connection.exchange(commands)
    }
  }

  private func list(_ id: Int?, product: Int, command: String) throws -> Request {
    var fields: Fields = [
      "type": "ListTrade", "productid": "\(product)", "userid": "abc", "productname": "책", "qty": "1",
      "price": "1",
    ]
    if let id { fields.append("id", "\(id)") }
    return Request(draft: try Draft(fields: fields, worker: .trade), commandid: command)
  }

  private func handover(_ id: Int, command: String) throws -> Request {
    Request(
      draft: try Draft(fields: ["type": "Handover", "id": "\(id)"], worker: .trade), commandid: command)
  }

  @Test func makesSmallIdsAroundThoseThatPeopleChose() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let chosen = try (1...40).map { try list($0, product: $0, command: "c\($0)") }
    _ = try pass(chosen, connection)
    let made = try pass((0..<10).map { try list(nil, product: 500, command: "m\($0)") }, connection)
    let ids = made.compactMap { if case .admitted(let id, _, _) = $0 { id } else { nil } }
    #expect(ids.count == 10 && Set(ids).count == 10)
    #expect(ids.allSatisfy { $0 > 40 && $0 < 1000 })
  }

  @Test func asksForManyIdsAtOnce() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    // Two processes, whose ids must never be the same.
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

  @Test func leavesABlockThatPeopleHaveChosenFrom() throws {
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

  @Test func findsTheProductOfAnId() throws {
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

  @Test func anIdMeansOneThing() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    _ = try pass([try list(1, product: 100, command: "a")], connection)
    let again = try pass(
      [try list(1, product: 100, command: "a"), try list(1, product: 200, command: "b")], connection)
    #expect(again[0].error == nil, "a repetition is the lane's to recognise")
    #expect(again[1].error?.reason == .idTaken)
  }

  /// The append went through, but its reply was lost.
  @Test func goesOnWithTheSameIdAfterALostReply() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    var door = Door([try list(nil, product: 100, command: "a")], shards: 8)
    for _ in 0..<2 {
      var replies: [Reply] = []
      while true {
        var commands = Commands()
        try door.next(replies, commands: &commands)
        if commands.isEmpty { break }
        replies = try connection.exchange(commands)
      }
      door.restart()
    }
    let stream = Key.commands(.trade, in: Shard.of(productid: 100, among: 8))
    let entries = try connection.call("XRANGE", stream, "-", "+").compactMap { $0[1]?.pairs }
    #expect(entries.count == 2)
    #expect(Set(entries.compactMap { $0["id"] }).count == 1)
    #expect(Set(entries.compactMap { $0["commandid"] }) == ["a"])
  }

  @Test func aFullShardTakesNothing() throws {
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
