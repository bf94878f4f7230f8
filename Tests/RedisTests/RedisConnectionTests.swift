import Redis
import Testbed
import Testing

@Suite struct RedisConnectionTests {
  @Test func `a pipeline of 10,000 commands is answered in order`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      var commands = Commands()
      for number in 0..<10_000 {
        if number == 5000 { commands.add("NOSUCH", "command") } else { commands.add("ECHO", "\(number)") }
      }
      let replies = try connection.exchange(commands)
      #expect(replies.count == 10_000)
      for (number, reply) in replies.enumerated() where number != 5000 {
        guard reply.integer == number else {
          Issue.record("reply \(number) is \(reply.string ?? "no text")")
          return
        }
      }
      #expect(replies[5000].kind == .error)
      #expect(throws: RedisError.self) { try replies[5000].get() }
      #expect(replies[5000].error?.code == .refused(kind: .generic))
      #expect(try connection.call("PING").equals("PONG"))
    }
  }

  @Test func `replies can be received in parts while more is sent`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      for word in ["a", "b", "c"] {
        var commands = Commands()
        commands.add("ECHO", word)
        commands.add("ECHO", word + word)
        try connection.send(commands)
      }
      try connection.send(Commands())
      #expect(try connection.receive(1).map(\.string) == ["a"])
      #expect(try connection.receive(0).isEmpty)
      #expect(try connection.receive(4).map(\.string) == ["aa", "b", "bb", "c"])
      #expect(try connection.receive(1).map(\.string) == ["cc"])
    }
  }

  @Test func `a connection signs in as its user, as the default user or not at all`() async throws {
    try await TestRedis.with { redis in
      let admin = try redis.connect()
      try admin.call("ACL", "SETUSER", "anna", "on", ">geheim", "~*", "+@all")
      try admin.call("CONFIG", "SET", "requirepass", "master")
      let anna = try RedisConnection(redis.url(user: "anna", password: "geheim"))
      #expect(try anna.call("ACL", "WHOAMI").string == "anna")
      let unnamed = try RedisConnection(redis.url(password: "master", database: 3))
      #expect(try unnamed.call("ACL", "WHOAMI").string == "default")
      #expect(try unnamed.call("CLIENT", "INFO").string?.contains(" db=3 ") == true)
      let wrong = #expect(throws: RedisError.self) {
        try RedisConnection(redis.url(user: "anna", password: "falsch"))
      }
      #expect(wrong?.code == .refused(kind: .wrongPassword))
      #expect(wrong?.canRetry == false)
      let nobody = try RedisConnection(redis.url())
      let error = #expect(throws: RedisError.self) { try nobody.call("GET", "k") }
      #expect(error?.code == .refused(kind: .noAuthentication))
    }
  }

  @Test func `a connection selects its database`() async throws {
    try await TestRedis.with { redis in
      let third = try RedisConnection(redis.url(database: 3))
      try third.call("SET", "k", "three")
      #expect(try redis.connect().call("GET", "k").isNull)
      #expect(try RedisConnection(redis.url(database: 3)).call("GET", "k").equals("three"))
      let error = #expect(throws: RedisError.self) { try RedisConnection(redis.url(database: 99)) }
      #expect(error?.code == .refused(kind: .generic))
    }
  }

  @Test func `a script is loaded once, and again after the server forgot it`() async throws {
    try await TestRedis.with { redis in
      let connection = try redis.connect()
      let script = Script("return ARGV[1]")
      let digest = try connection.digest(of: script)
      #expect(digest.utf8.count == 40)
      #expect(try connection.call("EVALSHA", digest, "0", "x").equals("x"))
      try connection.call("SCRIPT", "FLUSH")
      #expect(try connection.digest(of: script) == digest)
      let error = #expect(throws: RedisError.self) { try connection.call("EVALSHA", digest, "0", "x") }
      #expect(error?.code == .refused(kind: .noScript))
      #expect(error?.canRetry == true)
      connection.forgetScripts()
      #expect(try connection.call("EVALSHA", connection.digest(of: script), "0", "y").equals("y"))
    }
  }
}
