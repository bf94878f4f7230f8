import Foundation
import Redis
import Testbed
import Testing

@Suite struct RedisOutageTests {
  @Test func `connecting fails if no server listens`() throws {
    for text in ["unix:///tmp/handover-no-such.sock", "redis://127.0.0.1:1"] {
      let error = #expect(throws: RedisError.self) { try RedisConnection(RedisURL(text)) }
      #expect(error?.code == .unavailable)
      #expect(error?.canRetry == true)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
  }

  @Test func `a call fails if the server does not answer in time`() async throws {
    try await TestRedis.with { redis in
      let connection = try RedisConnection(redis.url, commandTimeout: .milliseconds(200))
      redis.process.signal(SIGSTOP)
      defer { redis.process.signal(SIGCONT) }
      let start = ContinuousClock.now
      let error = #expect(throws: RedisError.self) { try connection.call("PING") }
      #expect(error?.code == .timeout)
      #expect(error?.canRetry == true)
      #expect((.milliseconds(190)...Patience.prompt).contains(.now - start))
    }
  }

  @Test func `connecting fails if the sign-in is not answered in time`() async throws {
    try await TestRedis.with { redis in
      redis.process.signal(SIGSTOP)
      defer { redis.process.signal(SIGCONT) }
      let error = #expect(throws: RedisError.self) {
        try RedisConnection(redis.url(database: 1), commandTimeout: .milliseconds(100))
      }
      #expect(error?.code == .timeout)
    }
  }

  @Test func `a pipeline fails if the server is killed in the middle`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      var commands = Commands()
      commands.add("PING")
      commands.add("BLPOP", "nothing", "0")
      commands.add("PING")
      try connection.send(commands)
      #expect(try connection.receive(1)[0].equals("PONG"))
      redis.process.kill()
      let error = #expect(throws: RedisError.self) { try connection.receive(2) }
      #expect(error?.code == .unavailable)
    }
  }

  @Test func `writing to a dead server is an error, not a crash`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      redis.process.kill()
      for _ in 0..<3 {
        let error = #expect(throws: RedisError.self) { try connection.call("ECHO", "anybody?") }
        #expect(error?.code == .unavailable)
      }
    }
  }

  @Test func `closed and rejected connections leave no descriptor open`() async throws {
    try await TestRedis.with { redis in
      let observer = try redis.connect()
      let wrong = redis.url(user: "nobody", password: "x")
      for _ in 0..<1000 {
        try redis.connect().call("PING")
        #expect(throws: RedisError.self) { try RedisConnection(wrong) }
      }
      // The server would see every descriptor that is still open here.
      let deadline = ContinuousClock.now + Patience.limit
      var left: String?
      repeat {
        left = try observer.call("INFO", "clients").string?.split(separator: "\r\n")
          .first { $0.hasPrefix("connected_clients:") }.map(String.init)
      } while left != "connected_clients:1" && ContinuousClock.now < deadline
      #expect(left == "connected_clients:1")
    }
  }

  @Test func `failed connection attempts leave no descriptor open`() throws {
    let nowhere = try RedisURL("unix:///tmp/handover-no-such.sock")
    let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    for _ in 0..<1000 { #expect(throws: RedisError.self) { try RedisConnection(nowhere) } }
    let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    // Other tests open and close connections at the same time.
    #expect(after - before < 500)
  }
}
