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
  /// Throws if no shard that answers has it, and others do not answer.
  ///
  /// - Parameter shard: the command's shard; nil if that is not known.
  func outcome(
    of commandid: String, _ digest: CommandDigest, in shard: Shard? = nil
  ) async throws -> Outcome? {
    let (records, failure) = await records(of: commandid, in: shard)
    let own = records.lazy.compactMap(\.self).filter { $0.isOf(digest) }
    if let outcome = own.compactMap(\.result).first { return outcome }
    if let failure { throw failure }
    return nil
  }

  /// Throws if no shard that answers knows the command, and others do not answer.
  func standing(of commandid: String) async throws -> Standing {
    let (records, failure) = await records(of: commandid)
    if let outcome = records.lazy.compactMap({ $0?.result }).first { return .finished(outcome) }
    if !records.isEmpty { return .running }
    if let failure { throw failure }
    return .unknown
  }

  /// Returns the records under the id, in one shard or in all, and why some shards were not searched. Nil
  /// elements are commands that still wait.
  private func records(
    of commandid: String, in shard: Shard? = nil
  ) async -> (found: [CommandRecord?], failure: RedisError?) {
    var found: [CommandRecord?] = []
    var failure: RedisError?
    let asked = shard.map { [$0] } ?? (0..<shards).map { Shard($0) }
    for answer in await redis.sendEach(asked.map { Commands("GET", Key.operation(commandid, in: $0)) }) {
      do throws(RedisError) {
        if let text = try answer.get().first?.get().string { found.append(CommandRecord(stored: text)) }
      } catch {
        failure = error
      }
    }
    return (found, failure)
  }
}
