import Foundation
import Redis
import Testbed
import Testing

@Suite struct SentinelTests {
  @Test func `sentinels lead to the primary, and to the new one after a fail-over`() async throws {
    let servers = try await onThread { try TestSentinel() }
    let client = try RedisClient(.single(servers.url), commandTimeout: .seconds(1))
    client.start()
    try await eventually("the client writes") {
      try await client.send(Commands("SET", "key", "old")).first?.get().string == "OK"
    }
    try await onThread {
      let connection = try RedisConnection(servers.url)
      #expect(try connection.call("WAIT", "1", "60000").integer == 1)
      #expect(try servers.primary.connect().call("GET", "key").equals("old"))
      servers.primary.process.kill()
    }
    try await eventually("the client writes to the new primary") {
      try await client.send(Commands("APPEND", "key", "+new")).first?.get().integer == 7
    }
    try await onThread {
      #expect(try servers.replica.connect().call("GET", "key").equals("old+new"))
      // The old primary comes back as one, until the sentinel makes it a replica.
      try servers.primary.restart()
      for _ in 0..<20 {
        let connection = try insist("there is a primary") { try RedisConnection(servers.url) }
        #expect(try connection.call("GET", "key").equals("old+new"))
        usleep(50_000)
      }
      client.stop()
    }
  }

  @Test func `a server that is not the primary is refused, whatever sentinels say`() async throws {
    try await onThread {
      let servers = try TestSentinel()
      let connection = try RedisConnection(servers.url)
      try servers.primary.connect().call("REPLICAOF", "127.0.0.1", "1")
      let error = #expect(throws: RedisError.self) { try RedisConnection(servers.url) }
      #expect(error?.code == .refused(kind: .readOnly) && error?.canRetry == true)
      #expect(throws: RedisError.self) { try connection.call("SET", "key", "value") }
    }
  }

  @Test func `what the sentinels do not know is said`() async throws {
    try await onThread {
      let servers = try TestSentinel()
      let wrong = #expect(throws: RedisError.self) { try RedisConnection(servers.wrongURL) }
      #expect(wrong?.code == .unavailable && wrong?.message.contains("“other”") == true)
      let nobody = #expect(throws: RedisError.self) {
        try RedisConnection(RedisURL("redis-sentinel://127.0.0.1:1,127.0.0.1:2/mymaster"))
      }
      #expect(nobody?.code == .unavailable && nobody?.canRetry == true)
      #expect(
        nobody?.message.contains("127.0.0.1:1") == true && nobody?.message.contains("127.0.0.1:2") == true)
    }
  }
}
