import Keys
import Lanes
import Market
import Redis

/// Looks up what became of commands.
struct Operations: Sendable {
  enum Standing: Equatable {
    case finished(Outcome)
    /// Admitted, but without an outcome yet.
    case running
    case unknown
  }

  let redis: RedisClient
  let shards: Int

  /// Returns the outcome of a command, or nil if there is none yet or its id belongs to another command.
  ///
  /// - Parameter shard: the command's shard; nil if that is not known.
  func outcome(
    of commandid: String, _ digest: CommandDigest, in shard: Shard? = nil
  ) async throws -> Outcome? {
    let records = try await records(of: commandid, in: shard).compactMap(\.self)
    return records.lazy.filter { $0.isOf(digest) }.compactMap(\.result).first
  }

  func standing(of commandid: String) async throws -> Standing {
    let records = try await records(of: commandid)
    let outcome = records.lazy.compactMap { $0?.result }.first
    return outcome.map { .finished($0) } ?? (records.isEmpty ? .unknown : .running)
  }

  /// Returns the records under the id, in one shard or in all; nil elements are commands that still wait.
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
