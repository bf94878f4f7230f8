import Redis

extension RedisLink {
  /// Runs a script. If somebody flushed Redis's scripts meanwhile, loads it again, once.
  package func evaluate(_ script: Script, keys: [String], _ arguments: String...) throws(RedisError) -> Reply
  {
    do throws(RedisError) {
      return try call(words(of: script, keys, arguments))
    } catch {
      guard error.code == .refused(kind: .noScript) else { throw error }
      forgetScripts()
      return try call(words(of: script, keys, arguments))
    }
  }

  private func words(
    of script: Script, _ keys: [String], _ arguments: [String]
  ) throws(RedisError) -> RESPWords {
    var words = RESPWords("EVALSHA", try digest(of: script), "\(keys.count)")
    for word in keys + arguments { words.add(word) }
    return words
  }
}
