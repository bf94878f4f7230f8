import Layout
import Redis

/// Sees to it that an idempotency key stands for one request, and that one copy of it is worked on at a time.
struct Claims: Sendable {
  enum Claim: Equatable {
    /// The first copy, or one whose forerunner was lost: go on.
    case free
    /// The same request came before.
    case repeated(isRunning: Bool)
  }

  let redis: RedisClient

  /// Throws a 422 where the key already stands for another request.
  func claim(_ key: String, for request: String) async throws -> Claim {
    var ask = Commands()
    ask.add("SET", Key.request(key), request, "NX", "GET", "EX", "86400")
    ask.add("SET", Self.mark(key), "1", "NX", "PX", "5000")
    let replies = try await redis.send(ask)
    guard replies.count == 2 else { throw RedisError(.unexpectedReply, "Redis gave no reply to SET.") }
    let stored = try replies[0].get()
    let isRunning = try replies[1].get().isNull
    if stored.isNull { return .free }
    guard stored.string == request else {
      if !isRunning { try await release(key) }
      throw Self.reused
    }
    return .repeated(isRunning: isRunning)
  }

  /// Whether the key stands for the request already. Throws a 422 where it stands for another one.
  func isClaimed(_ key: String, for request: String) async throws -> Bool {
    var ask = Commands()
    ask.add("GET", Key.request(key))
    guard let stored = try await redis.send(ask).first?.get(), !stored.isNull else { return false }
    guard stored.string == request else { throw Self.reused }
    return true
  }

  /// Lets the next copy in at once, where this one came to nothing.
  func release(_ key: String) async throws {
    var ask = Commands()
    ask.add("DEL", Self.mark(key))
    for reply in try await redis.send(ask) { try reply.get() }
  }

  private static let reused = Problem(
    .unprocessableContent, "keyReused", "This Idempotency-Key was sent with another request before.")

  private static func mark(_ key: String) -> String { Key.request(key) + ":running" }
}
