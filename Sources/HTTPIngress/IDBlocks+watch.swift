import Doors
import Redis

extension IDBlocks {
  /// Reads the id counters twice a second until canceled.
  func watch(_ redis: RedisClient) async throws {
    while true {
      try await Task.sleep(for: .milliseconds(500))
      var commands = Commands()
      let questions = look(&commands)
      guard let replies = try? await redis.send(commands) else { continue }
      var rest = replies[...]
      for question in questions {
        try? receive(question, rest.prefix(question.replies))
        rest = rest.dropFirst(question.replies)
      }
    }
  }
}
