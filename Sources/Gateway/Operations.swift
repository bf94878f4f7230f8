import Lanes
import Layout
import Market
import Redis

/// What became of commands.
struct Operations: Sendable {
  enum Standing: Equatable {
    case finished(Outcome)
    /// Somewhere between the door and its last event.
    case running
    case unknown
  }

  let redis: RedisClient
  let shards: Int

  /// The outcome of a command in the shard that it went to; nil while there is none.
  func outcome(of commandid: String, in shard: Shard) async throws -> Outcome? {
    var ask = Commands()
    ask.add("GET", Key.operation(commandid, in: shard))
    return try await redis.send(ask).first.flatMap { try Self.outcome($0) }
  }

  /// The outcome of a command of an unknown shard.
  func outcome(of commandid: String) async throws -> Outcome? {
    if case .finished(let outcome) = try await standing(of: commandid) { outcome } else { nil }
  }

  func standing(of commandid: String) async throws -> Standing {
    var ask = Commands()
    ask.add("EXISTS", Key.request(commandid))
    for shard in 0..<shards { ask.add("GET", Key.operation(commandid, in: Shard(shard))) }
    let replies = try await redis.send(ask)
    var isKnown = try replies.first?.get().integer == 1 || CommandID.isFresh(commandid)
    for reply in replies.dropFirst() where try !reply.get().isNull {
      if let outcome = try Self.outcome(reply) { return .finished(outcome) }
      isKnown = true
    }
    return isKnown ? .running : .unknown
  }

  private static func outcome(_ reply: Reply) throws -> Outcome? {
    try reply.get().string.flatMap { Outcome(packed: $0) }
  }
}
