import Doors
import Keys
import Redis

/// Sees to it that an idempotency key stands for one request, and that one copy of it is worked on at a time.
struct IdempotencyClaims: Sendable {
  struct Claim: Equatable {
    /// Names the request's command.
    var commandid: String
    /// Whether the same request came before.
    var isRepeated = false
    /// Whether another copy of it is being worked on.
    var isRunning = false
    /// The ids that are meant for what the request makes. The first that is nobody else's is the one.
    var ids: [Int] = []
  }

  let redis: RedisClient

  /// Throws a 422 where the key already stands for another request.
  ///
  /// - Parameter id: what is meant for what the request makes, unless an earlier copy meant another one.
  func claim(_ key: String, for request: String, meaning id: Int?) async throws -> Claim {
    var ask = Commands()
    let text = "\(request)\n\(id.map(String.init) ?? "")"
    ask.add("SET", Key.request(key), text, "NX", "GET", "EX", Self.lifetime)
    ask.add("SET", Self.mark(key), "1", "NX", "PX", "5000")
    let replies = try await redis.send(ask)
    guard replies.count == 2 else { throw RedisError(.unexpectedReply, "Redis gave no reply to SET.") }
    let stored = try replies[0].get()
    let isRunning = try replies[1].get().isNull
    if stored.isNull { return Claim(commandid: CommandName.key(key), ids: id.map { [$0] } ?? []) }
    guard var claim = Self.claim(key, in: stored, of: request) else {
      if !isRunning { try await release(key) }
      throw Self.reused
    }
    claim.isRunning = isRunning
    return claim
  }

  /// Means one more id for what the request makes, as the others are somebody else's, and gives them all in order.
  ///
  /// Copies of the request may do so at the same time, but all see the same order.
  func mean(_ id: Int, for key: String) async throws -> [Int] {
    var ask = Commands()
    ask.add("APPEND", Key.request(key), "\n\(id)")
    ask.add("EXPIRE", Key.request(key), Self.lifetime)
    ask.add("GET", Key.request(key))
    let replies = try await redis.send(ask)
    for reply in replies { try reply.get() }
    return replies.last?.string?.split(separator: "\n").compactMap { Int($0) } ?? []
  }

  /// The claim of an earlier copy; nil without one. Throws a 422 where the key stands for another request.
  func earlier(_ key: String, for request: String) async throws -> Claim? {
    var ask = Commands()
    ask.add("GET", Key.request(key))
    guard let stored = try await redis.send(ask).first?.get(), !stored.isNull else { return nil }
    guard let claim = Self.claim(key, in: stored, of: request) else { throw Self.reused }
    return claim
  }

  /// Reads what a key stands for; nil where that is another request, byte for byte.
  private static func claim(_ key: String, in stored: Reply, of request: String) -> Claim? {
    guard let text = stored.string, text.utf8.starts(with: request.utf8) else { return nil }
    let rest = text.utf8.dropFirst(request.utf8.count)
    // An older release named the command by the key alone, and meant no ids.
    if rest.isEmpty { return Claim(commandid: key, isRepeated: true) }
    guard rest.first == UInt8(ascii: "\n") else { return nil }
    let ids = Substring(rest).split(separator: "\n").compactMap { Int($0) }
    return Claim(commandid: CommandName.key(key), isRepeated: true, ids: ids)
  }

  /// Lets the next copy in at once, where this one came to nothing.
  func release(_ key: String) async throws {
    var ask = Commands()
    ask.add("DEL", Self.mark(key))
    for reply in try await redis.send(ask) { try reply.get() }
  }

  /// How long a key is remembered: a day, in seconds.
  private static let lifetime = "86400"

  private static let reused = Problem(
    .unprocessableContent, "keyReused", "This Idempotency-Key was sent with another request before.",
    message: "이 Idempotency-Key는 이미 다른 요청에 쓰였습니다.")

  private static func mark(_ key: String) -> String { Key.request(key) + ":running" }
}
