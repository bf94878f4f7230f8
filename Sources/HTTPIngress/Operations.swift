import Keys
import Lanes
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

  /// The outcome of a command; nil while there is none, or where its id stands for another one.
  ///
  /// - Parameter shard: where it went; nil if that is not known.
  func outcome(
    of commandid: String, _ digest: CommandDigest, in shard: Shard? = nil
  ) async throws -> Outcome? {
    let records = try await records(of: commandid, in: shard).compactMap(\.self)
    return records.filter { $0.isOf(digest) }.lazy.compactMap { Outcome(packed: $0.outcome) }.first
  }

  func standing(of commandid: String) async throws -> Standing {
    let records = try await records(of: commandid)
    let outcome = records.lazy.compactMap(\.self).compactMap { Outcome(packed: $0.outcome) }.first
    return outcome.map { .finished($0) } ?? (records.isEmpty ? .unknown : .running)
  }

  /// What is kept under the id, nil for a command that waits; in the shard where it went, or in any.
  private func records(of commandid: String, in shard: Shard? = nil) async throws -> [CommandRecord?] {
    var ask = Commands()
    for shard in shard.map({ [$0] }) ?? (0..<shards).map({ Shard($0) }) {
      ask.add("GET", Key.operation(commandid, in: shard))
    }
    var records: [CommandRecord?] = []
    for reply in try await redis.send(ask) {
      if let text = try reply.get().string { records.append(CommandRecord(stored: text)) }
    }
    return records
  }
}
