import Redis

/// Lets a write succeed although Redis is out of memory, because it finishes accepted work.
enum OutOfMemoryExemption {
  /// `KEYS[1]` is the command's key; `ARGV`: the command's name, then its other arguments.
  private static let script = """
    #!lua flags=allow-oom
    local rest={}
    for i=2,#ARGV do rest[i-1]=ARGV[i] end
    return redis.call(ARGV[1],KEYS[1],unpack(rest))
    """

  /// Returns the command in a form that a full Redis accepts. Its key must be its second word.
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
