import Redis

/// Checks what must not fail in the middle of a commit: the types of the keys that all commits of a lane write to, and
/// the permissions of this Redis user. Nothing is executed.
package struct LaneCheck {
  /// Something that would fail.
  package struct Fault: Sendable {
    /// The command, such as `HSET`, its key, and placeholders.
    package let words: [String]
    /// The type that the key has and the one that it must have; nil if it is the user who may not do it.
    package let types: (found: String, expected: String)?

    package var trouble: LaneTrouble {
      if let types { return .wrongType(key: words[1], found: types.found, expected: types.expected) }
      return .noRight(command: words.prefix(2).joined(separator: " "))
    }
  }

  /// `ARGV[1]` holds, packed, for each write the required type of its key (or an empty string) and its words.
  /// Returns, for each write that would fail, its index, and the key's type if that is the reason.
  private static let script = Script(
    """
    local unpack,faults,place,next=cmsgpack.unpack_limit,{},0,0
    local function check(rest,kind,...)
      local isAllowed,answer=pcall(redis.acl_check_cmd,...)
      if isAllowed and not answer then faults[#faults+1]={place}
      elseif kind~='' then
        local found=redis.pcall('TYPE',(select(2,...))).ok
        if found and found~='none' and found~=kind then faults[#faults+1]={place,found} end
      end
      return rest
    end
    while next>=0 and #ARGV[1]>0 do
      local count
      next,count=unpack(ARGV[1],1,next)
      next=check(unpack(ARGV[1],count,next))
      place=place+1
    end
    return faults
    """)

  private let writes: [LaneWrite]

  /// Checks what the commits of a lane write.
  package init(_ spec: LaneSpec) {
    let name = spec.name
    writes =
      [
        LaneWrite(["SET", name.lease, "x"], .string),
        LaneWrite(["HSET", name.halt, "x", "x"], .hash),
        LaneWrite(["HSET", name.cursor, "x", "x"], .hash),
        LaneWrite(["HSET", name.attempts, "x", "x"], .hash),
        LaneWrite(["XADD", name.deadLetters, "*", "x", "x"], .stream),
      ]
      + spec.streams.map { LaneWrite(["XRANGE", $0, "-", "+"], .stream) }
      + spec.checkedWrites
  }

  /// Checks only whether this Redis user may execute the commands, each with all of its words.
  package init(of commands: [[String]]) {
    writes = commands.map { LaneWrite($0, nil) }
  }

  /// Returns all faults, in the order of the commands. Asks the server that has the keys.
  package func faults(over connection: some RedisLink) throws(RedisError) -> [Fault] {
    var words = RESPWords("EVALSHA", try connection.digest(of: Self.script), "0")
    words.add(packed)
    var faults: [Fault] = []
    for reply in try connection.call(words) {
      guard let place = reply[0]?.integer, writes.indices.contains(place) else { continue }
      let write = writes[place]
      let types = reply[1]?.string.flatMap { found in write.type.map { (found, $0.rawValue) } }
      faults.append(Fault(words: write.words, types: types))
    }
    return faults
  }

  /// The writes in the form that the script expects.
  private var packed: PackedCommands {
    var commands = PackedCommands()
    for write in writes {
      commands.add { words in
        words.add(write.type?.rawValue ?? "")
        for word in write.words { words.add(word) }
      }
    }
    return commands
  }
}
