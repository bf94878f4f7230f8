import Redis

/// A write that has to succeed although Redis is full, because it finishes what was accepted.
enum OutOfMemoryExemption {
  /// `KEYS[1]` the command's key, the rest of it in `ARGV`, its name first.
  private static let script = """
    #!lua flags=allow-oom
    local rest={}
    for i=2,#ARGV do rest[i-1]=ARGV[i] end
    return redis.call(ARGV[1],KEYS[1],unpack(rest))
    """

  /// The command in a form that a full Redis takes; its key must be its second word.
  static func call(_ words: RESPWords) -> RESPWords {
    var call = RESPWords("EVAL", script, "1")
    var parts = words.separate[...]
    guard let name = parts.popFirst(), let key = parts.popFirst() else { return words }
    call.add(key)
    call.add(name)
    for part in parts { call.add(part) }
    return call
  }
}
