import Health
import Keys
import Lanes
import Redis

/// Checks whether this ingress can serve anything: readiness.
///
/// A cluster that has lost a node still serves the shards of all others, and so does every ingress.
struct ShardCheck: Sendable {
  let clients: [RedisClient]
  let shards: Int

  func run() async -> Health.Finding {
    var away: [Int: RedisError] = [:]
    do throws(RedisError) {
      for client in clients {
        try await client.requirePrimary()
        let questions = (0..<shards).map { Commands("ZCARD", Key.index(of: .reserve, in: Shard($0))) }
        for (shard, answer) in zip(0..., await client.sendEach(questions)) {
          do throws(RedisError) { _ = try answer.get().first?.get() } catch { away[shard] = error }
        }
      }
    } catch {
      return .down(error.message)
    }
    guard let first = away.min(by: { $0.key < $1.key })?.value else { return .fine }
    if away.count == shards { return .down(first.message) }
    let numbers = away.keys.sorted().map { String($0) }.joined(separator: ", ")
    return .partial("\(away.count) of \(shards) shards are away: \(numbers). \(first.message)")
  }
}
