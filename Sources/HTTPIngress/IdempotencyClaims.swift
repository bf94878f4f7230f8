import Crypto
import Doors
import Foundation
import Keys
import Market
import Redis

/// Ensures that an idempotency key belongs to one request, and that one copy of the request runs at a time.
struct IdempotencyClaims: Sendable {
  struct Claim: Equatable {
    /// The id of the request's command.
    var commandid: String
    /// Whether the same request came before.
    var isRepeated = false
    /// Whether another copy of it is running.
    var isRunning = false
    /// The candidate ids for what the request creates. The first one that is not taken is used.
    var ids: [Int] = []
  }

  let redis: RedisClient

  /// Claims a key for a request. Throws a 422 if the key already belongs to another request.
  ///
  /// What is stored of a request is its digest: it holds what only its sender and its worker need to know.
  ///
  /// - Parameter id: the candidate id for what the request creates, unless an earlier copy chose another one.
  func claim(_ key: String, for request: String, reserving id: Int?) async throws -> Claim {
    var ask = Commands()
    let text = "\(Self.digest(of: request))\n\(id.map(String.init) ?? "")"
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

  /// Adds a candidate id for what the request creates, because the others are taken. Returns all in order.
  ///
  /// Copies of the request can do so at the same time; all see the same order.
  func mean(_ id: Int, for key: String) async throws -> [Int] {
    var ask = Commands()
    ask.add("APPEND", Key.request(key), "\n\(id)")
    ask.add("EXPIRE", Key.request(key), Self.lifetime)
    ask.add("GET", Key.request(key))
    let replies = try await redis.send(ask)
    for reply in replies { try reply.get() }
    return replies.last?.string?.split(separator: "\n").compactMap { Int($0) } ?? []
  }

  /// Returns the claim of an earlier copy, if any. Throws a 422 if the key belongs to another request.
  func earlier(_ key: String, for request: String) async throws -> Claim? {
    var ask = Commands()
    ask.add("GET", Key.request(key))
    guard let stored = try await redis.send(ask).first?.get(), !stored.isNull else { return nil }
    guard let claim = Self.claim(key, in: stored, of: request) else { throw Self.reused }
    return claim
  }

  /// Parses a stored claim; nil if its request is not the same.
  private static func claim(_ key: String, in stored: Reply, of request: String) -> Claim? {
    // An older release stored the request itself.
    guard let text = stored.string,
      let known = [digest(of: request), request].first(where: { text.utf8.starts(with: $0.utf8) })
    else { return nil }
    let rest = text.utf8.dropFirst(known.utf8.count)
    // An older release used the key itself as the command id, and stored no candidate ids.
    if rest.isEmpty { return Claim(commandid: key, isRepeated: true) }
    guard rest.first == UInt8(ascii: "\n") else { return nil }
    let ids = Substring(rest).split(separator: "\n").compactMap { Int($0) }
    return Claim(commandid: CommandName.key(key), isRepeated: true, ids: ids)
  }

  private static func digest(of request: String) -> String {
    "sha256:" + Data(SHA256.hash(data: Data(request.utf8))).base64EncodedString()
  }

  /// Allows the next copy to run at once, because this one failed.
  func release(_ key: String) async throws {
    var ask = Commands()
    ask.add("DEL", Self.mark(key))
    for reply in try await redis.send(ask) { try reply.get() }
  }

  /// How long a key is remembered, in seconds: as long as the outcome that it leads to.
  private static let lifetime = "\(CommandRecord.lifetime / 1000)"

  private static let reused = Problem(
    .keyReused, "This Idempotency-Key was sent with another request before.",
    message: "이 Idempotency-Key는 이미 다른 요청에 쓰였습니다.")

  private static func mark(_ key: String) -> String { Key.request(key) + ":running" }
}
