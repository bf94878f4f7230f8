import Foundation
import Redis
import Synchronization
import Testbed
import Testing

/// Two servers, one of them the primary, and a name that leads to one of them.
private final class Pair: Sendable {
  let first: TestRedis
  let second: TestRedis
  let name: RedisURL
  private let link: String

  init() throws {
    first = try TestRedis()
    second = try TestRedis()
    link = first.folder.appending(path: "name.sock").path
    name = try RedisURL("unix://\(link)")
    try lead(to: first)
  }

  /// Points the name to a server, as a change in a name service would.
  func lead(to server: TestRedis) throws {
    unlink(link)
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: server.folder.appending(path: "redis.sock").path)
  }

  /// Makes a server a replica. Its role does not depend on whether its primary can be reached.
  func demote(_ server: TestRedis) throws { try server.connect().call("REPLICAOF", "127.0.0.1", "1") }
}

@Suite struct DemotionTests {
  private static func write(_ value: String) -> Commands {
    var commands = Commands()
    commands.add("SET", "key", value)
    return commands
  }

  @Test func `a connection to a demoted primary ends at the first refusal`() async throws {
    try await onThread {
      let pair = try Pair()
      let connection = try RedisConnection(pair.name)
      try connection.requirePrimary()
      try connection.call("SET", "key", "before")
      try pair.demote(pair.first)
      // Also among other replies, and even if nobody checks the reply for an error.
      var commands = Commands()
      commands.add("GET", "key")
      commands.add("SET", "key", "after")
      let error = #expect(throws: RedisError.self) { try connection.exchange(commands) }
      #expect(error?.code == .refused(kind: .readOnly))
      #expect(error?.endsConnection == true)
      #expect(error?.canRetry == true)
      // A script that writes is refused with the same error.
      let other = try RedisConnection(pair.name)
      let script = #expect(throws: RedisError.self) {
        try other.call("EVAL", "return redis.call('SET',KEYS[1],'x')", "1", "key")
      }
      #expect(script?.endsConnection == true)
      let refusal = #expect(throws: RedisError.self) { try RedisConnection(pair.name).requirePrimary() }
      #expect(refusal?.code == .refused(kind: .readOnly))
    }
  }

  @Test func `a demotion ends a connection that waits in a blocking read`() async throws {
    try await onThread {
      let pair = try Pair()
      let connection = try RedisConnection(pair.name, commandTimeout: Patience.limit)
      var commands = Commands()
      commands.add("XREAD", "BLOCK", "0", "STREAMS", "stream", "$")
      try connection.send(commands)
      let observer = try pair.first.connect()
      while try observer.call("INFO", "clients").string?.contains("blocked_clients:1") == false {
        usleep(1000)
      }
      try pair.demote(pair.first)
      let error = #expect(throws: RedisError.self) { try connection.receive(1) }
      #expect(error?.code == .refused(kind: .unblocked))
      #expect(error?.endsConnection == true)
    }
  }

  @Test func `a writing client moves to the new primary`() async throws {
    let pair = try await onThread { try Pair() }
    let client = RedisClient(.single(pair.name))
    client.start()
    _ = try await client.send(Self.write("old"))
    try await onThread {
      try pair.demote(pair.first)
      try pair.lead(to: pair.second)
    }
    await #expect(throws: RedisError.self) { try await client.send(Self.write("refused")) }
    try await eventually("the client writes again") {
      try await client.send(Self.write("new")).first?.get().string == "OK"
    }
    try await onThread {
      let (first, second) = (try pair.first.connect(), try pair.second.connect())
      #expect(try first.call("GET", "key").string == "old")
      #expect(try second.call("GET", "key").string == "new")
      client.stop()
    }
  }

  @Test func `a reading client moves to the new primary once the role is checked`() async throws {
    let pair = try await onThread { try Pair() }
    let client = RedisClient(.single(pair.name))
    client.start()
    try await client.requirePrimary()
    try await onThread {
      try pair.second.connect().call("SET", "key", "new")
      try pair.demote(pair.first)
    }
    // While the name still leads there, the client is unavailable, and returns no stale data.
    let error = await #expect(throws: RedisError.self) { try await client.requirePrimary() }
    #expect(error?.code == .refused(kind: .readOnly))
    try await eventually("the client is away") { !client.isConnected }
    try await onThread { try pair.lead(to: pair.second) }
    var read = Commands()
    read.add("GET", "key")
    try await eventually("the client reads from the new primary") {
      try await client.send(read).first?.string == "new"
    }
    try await client.requirePrimary()
    try await onThread { client.stop() }
  }
}
