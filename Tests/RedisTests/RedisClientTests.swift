import Foundation
import Redis
import Testbed
import Testing

@Suite struct RedisClientTests {
  private static func echo(_ text: String) -> Commands {
    var commands = Commands()
    commands.add("ECHO", text)
    return commands
  }

  /// Sends until it works. Returns how long that took.
  private static func awaitReturn(of client: RedisClient) async throws -> Duration {
    let start = ContinuousClock.now
    while true {
      do {
        _ = try await client.send(echo("back?"))
        return .now - start
      } catch {
        guard ContinuousClock.now - start < Patience.limit else { throw error }
        await Task.yield()
      }
    }
  }

  @Test func `every concurrent sender gets its own replies`() async throws {
    let redis = try await onThread { try TestRedis() }
    let client = RedisClient(.single(redis.url))
    client.start()
    try await withThrowingTaskGroup { senders in
      for sender in 0..<100 {
        senders.addTask {
          for turn in 0..<50 {
            var commands = Self.echo("\(sender)-\(turn)")
            if turn.isMultiple(of: 7) { commands.add("NOSUCH") }
            commands.add("ECHO", "\(sender)+\(turn)")
            let replies = try await client.send(commands)
            #expect(replies.count == commands.count)
            #expect(replies.first?.string == "\(sender)-\(turn)")
            #expect(replies.last?.string == "\(sender)+\(turn)")
          }
        }
      }
      try await senders.waitForAll()
    }
    #expect(try await client.send(Commands()).isEmpty)
    client.stop()
    withExtendedLifetime(redis) {}
  }

  @Test func `calls fail at once in an outage, and the client reconnects by itself`() async throws {
    let redis = try await onThread { try TestRedis() }
    let client = RedisClient(.single(redis.url))
    client.start()
    _ = try await client.send(Self.echo("here"))
    #expect(client.isConnected)
    try await onThread { redis.process.kill() }
    let start = ContinuousClock.now
    for _ in 0..<200 {
      let error = await #expect(throws: RedisError.self) { try await client.send(Self.echo("gone")) }
      #expect(error?.code == .unavailable)
    }
    #expect(ContinuousClock.now - start < Patience.prompt)
    #expect(!client.isConnected)
    try await onThread { try redis.restart() }
    let back = try await Self.awaitReturn(of: client)
    #expect(client.isConnected)
    print("client: back \(back) after the restart")
    client.stop()
  }

  @Test func `all calls fail at once while the server hangs`() async throws {
    let redis = try await onThread { try TestRedis() }
    let client = RedisClient(.single(redis.url), commandTimeout: .seconds(2))
    client.start()
    _ = try await client.send(Self.echo("here"))
    redis.process.signal(SIGSTOP)
    let first = await #expect(throws: RedisError.self) { try await client.send(Self.echo("slow")) }
    #expect(first?.code == .timeout)
    let start = ContinuousClock.now
    for _ in 0..<20 {
      await #expect(throws: RedisError.self) { try await client.send(Self.echo("slow")) }
    }
    #expect(ContinuousClock.now - start < Patience.prompt)
    redis.process.signal(SIGCONT)
    _ = try await Self.awaitReturn(of: client)
    client.stop()
  }

  @Test func `a client reconnects after its connection was killed`() async throws {
    let redis = try await onThread { try TestRedis() }
    let client = RedisClient(.single(redis.url))
    client.start()
    for _ in 0..<20 {
      _ = try await Self.awaitReturn(of: client)
      try await onThread { _ = try redis.connect().call("CLIENT", "KILL", "TYPE", "normal") }
    }
    _ = try await Self.awaitReturn(of: client)
    client.stop()
  }

  @Test func `a call over the limit is refused, and waiting calls are answered at a stop`() async throws {
    let redis = try await onThread { try TestRedis() }
    let client = RedisClient(.single(redis.url), limit: 50)
    // The client is not started yet, so all of them wait, except the one over the limit.
    try await withThrowingTaskGroup(of: RedisError.Code?.self) { senders in
      for sender in 0..<51 {
        senders.addTask {
          do throws(RedisError) {
            #expect(try await client.send(Self.echo("\(sender)")).first?.string == "\(sender)")
            return nil
          } catch {
            return error.code
          }
        }
      }
      #expect(try await senders.next() == .overloaded)
      client.start()
      try await onThread { client.stop() }
      for try await code in senders { #expect(code == nil) }
    }
    let closed = await #expect(throws: RedisError.self) { try await client.send(Self.echo("late")) }
    #expect(closed?.code == .unavailable)
    withExtendedLifetime(redis) {}
  }

  @Test func `a client can be stopped while it waits to reconnect`() async throws {
    let redis = try await onThread { try TestRedis() }
    for comesUp in [false, true] {
      let socket = redis.folder.appending(path: "later-\(comesUp).sock")
      let client = RedisClient(.single(try RedisURL("unix://\(socket.path)")))
      client.start()
      while client.isConnected { await Task.yield() }
      if comesUp {
        try FileManager.default.createSymbolicLink(
          at: socket, withDestinationURL: redis.folder.appending(path: "redis.sock"))
      }
      let ended = try await onThread { Background { client.stop() }.wait() }
      #expect(ended != nil, "stop() hangs")
    }
  }

  @Test func `a client waits between its attempts to connect`() async throws {
    let redis = try await onThread { try TestRedis() }
    let client = RedisClient(.single(redis.url(user: "nobody", password: "x")), limit: 200)
    let start = ContinuousClock.now
    await withTaskGroup { senders in
      for _ in 0..<201 {
        senders.addTask {
          await #expect(throws: RedisError.self) { try await client.send(Self.echo("x")) }
        }
      }
      // The one over the limit fails first; the others wait.
      _ = await senders.next()
      client.start()
    }
    // Between five tries, there are four waits of at least 25, 50, 100 and 200 ms.
    try await onThread {
      let observer = try redis.connect()
      var tries = 0
      repeat {
        tries = try observer.calls(of: "auth")
      } while tries < 5 && ContinuousClock.now - start < Patience.limit
      #expect(ContinuousClock.now - start > .milliseconds(350))
      client.stop()
    }
  }
}
