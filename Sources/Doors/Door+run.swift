import Redis

/// Running a door again is safe after any error: it keeps the ids that it has claimed.
extension Door {
  /// Takes the requests through the door. Blocks. Returns the results in the order of the requests.
  package mutating func run(on connection: any RedisLink) throws(RedisError) -> [Admission] {
    restart()
    var replies: [Reply] = []
    while true {
      switch try next(replies) {
      case .ask(let commands): replies = try connection.exchange(commands)
      case .done(let admissions): return admissions
      }
    }
  }

  /// Takes the requests through the door. Returns the results in the order of the requests.
  package mutating func run(on client: RedisClient) async throws(RedisError) -> [Admission] {
    restart()
    var replies: [Reply] = []
    while true {
      switch try next(replies) {
      case .ask(let commands): replies = try await client.send(commands)
      case .done(let admissions): return admissions
      }
    }
  }
}
