import Redis

extension RedisConnection {
  /// `call` with words built elsewhere.
  @discardableResult
  func call(_ words: RESPWords) throws -> Reply {
    var commands = Commands()
    commands.add(words)
    return try exchange(commands)[0].get()
  }
}
