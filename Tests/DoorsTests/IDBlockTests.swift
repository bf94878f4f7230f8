import Keys
import Market
import Redis
import Synchronization
import Testbed
import Testing

@testable import Doors

/// New ids, also from a Redis that has lost its data.
@Suite struct IDBlockTests {
  /// The messages of the blocks.
  private final class Told: Sendable {
    private let messages = Mutex<[String]>([])

    var all: [String] { messages.withLock { $0 } }
    func add(_ message: String) { messages.withLock { $0.append(message) } }
  }

  private func make(_ connection: RedisConnection, _ blocks: IDBlocks, _ command: String) throws -> Int? {
    let made = try pass([try list(nil, product: 100, command: command)], connection, blocks: blocks)
    return if case .admitted(let id, _, _) = made[0] { id } else { nil }
  }

  private func look(_ blocks: IDBlocks, _ connection: RedisConnection) throws {
    var commands = Commands()
    let questions = blocks.look(&commands)
    var rest = try connection.exchange(commands)[...]
    for question in questions {
      try blocks.receive(question, rest.prefix(question.replies))
      rest = rest.dropFirst(question.replies)
    }
  }

  @Test func `an id counter that went back is noticed and moved ahead`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let told = Told()
    let blocks = IDBlocks(size: 4, report: told.add)
    #expect(try (1...6).map { try make(connection, blocks, "a\($0)") } == [1, 2, 3, 4, 5, 6])
    // Everything is lost, the directory too.
    try connection.call("FLUSHALL")
    #expect(try make(connection, blocks, "b") == 7, "it was taken before")
    #expect(try make(connection, blocks, "c") == 8)
    let ids = try (1...5).map { try make(connection, blocks, "d\($0)") ?? 0 }
    #expect(ids.min() ?? 0 > 8 + 1000 && Set(ids).count == 5)
    #expect(told.all.count == 1 && told.all[0].hasPrefix("ids:{trade} was 8 and is 0"))
  }

  @Test func `a new process notices that an id was given before`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    #expect(try make(connection, IDBlocks(size: 4), "a") == 1)
    try connection.call("SET", Key.counter(.trade), "0")
    // A new process does not know the counter yet.
    let told = Told()
    #expect(try make(connection, IDBlocks(size: 4, report: told.add), "b") ?? 0 > 1000)
    #expect(told.all.count == 1 && told.all[0].contains("gave 1, which it had given before"))
    // An id that a client chose is no evidence.
    try connection.call("SET", Key.counter(.trade), "500")
    _ = try pass([try list(501, product: 100, command: "c")], connection)
    #expect(try make(connection, IDBlocks(size: 4, report: told.add), "d") ?? 0 > 501)
    #expect(told.all.count == 1)
  }

  @Test func `ids skip ahead once after a change of the Redis server`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let told = Told()
    let first = IDBlocks(size: 1, report: told.add)
    #expect(try (1...3).map { try make(connection, first, "a\($0)") } == [1, 2, 3])
    let server = try connection.call("GET", Key.counterServer(.trade)).string
    let info = try connection.call("INFO", "server").string ?? ""
    #expect(server?.isEmpty == false && info.contains("run_id:\(server ?? "?")"))
    // As after a restart: another server's name is stored, and all processes are new.
    try connection.call("SET", Key.counterServer(.trade), "former")
    let second = IDBlocks(size: 1, report: told.add)
    let next = try #require(try make(connection, second, "b"))
    #expect(next > 1000)
    #expect(try connection.call("GET", Key.counterServer(.trade)).string == server)
    #expect(try make(connection, second, "c") == next + 1)
    #expect(try make(connection, IDBlocks(size: 1, report: told.add), "d") == next + 2)
    #expect(told.all.isEmpty, "it happens at every restart")
  }

  @Test func `the server is recorded before the first block of ids is used up`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let blocks = IDBlocks()
    #expect(try make(connection, blocks, "a") == 1)
    try look(blocks, connection)
    #expect(try connection.call("EXISTS", Key.counterServer(.trade)).integer == 1)
    #expect(try make(connection, blocks, "b") == 2)
  }

  @Test func `a full Redis is reported, and ids continue once it has room`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let blocks = IDBlocks(size: 1)
    try connection.call("CONFIG", "SET", "maxmemory", "1")
    let error = #expect(throws: RedisError.self) { try make(connection, blocks, "a") }
    #expect(error?.canRetry == true && error?.message.contains("OOM") == true)
    try connection.call("CONFIG", "SET", "maxmemory", "0")
    #expect(try make(connection, blocks, "a") == 1)
  }

  @Test func `a counter that goes back is noticed even if others advanced it`() throws {
    let redis = try TestRedis()
    let connection = try redis.connect()
    let told = Told()
    let blocks = IDBlocks(size: 4, report: told.add)
    try look(blocks, connection)
    try connection.call("SET", Key.counter(.trade), "500")
    try look(blocks, connection)
    try connection.call("SET", Key.counter(.trade), "400")
    #expect(told.all.isEmpty)
    try look(blocks, connection)
    #expect(told.all.count == 1)
    #expect(try make(connection, blocks, "a") ?? 0 > 500 + 1000)
    try look(blocks, connection)
    #expect(told.all.count == 1)
  }
}
