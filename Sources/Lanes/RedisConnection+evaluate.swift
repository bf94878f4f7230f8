import Redis

extension RedisConnection {
  /// Runs a script. If somebody flushed Redis's scripts meanwhile, loads it again, once.
  func evaluate(_ script: Script, keys: [String], _ arguments: String...) throws(RedisError) -> Reply {
    do throws(RedisError) {
      return try evaluate(call(of: script, keys, arguments))
    } catch {
      guard error.code == .refused(kind: .noScript) else { throw error }
      forgetScripts()
      return try evaluate(call(of: script, keys, arguments))
    }
  }

  private func call(of script: Script, _ keys: [String], _ arguments: [String]) throws(RedisError)
    -> RESPWords
  {
    var words = RESPWords("EVALSHA", try digest(of: script), "\(keys.count)")
    for word in keys + arguments { words.add(word) }
    return words
  }

  /// Sends a script call whose words already contain the digest.
  @discardableResult
  func evaluate(_ words: RESPWords) throws(RedisError) -> Reply {
    var commands = Commands()
    commands.add(words)
    guard let reply = try exchange(commands).first else {
      throw RedisError(.unexpectedReply, "EVALSHA got no reply.")
    }
    return try reply.get()
  }
}
