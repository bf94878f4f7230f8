import Redis

/// The checks before a lane is opened, of what must not fail in the middle of a commit: the types of the keys
/// that all its commits write to, and the permissions of this Redis user.
struct LaneCheck {
  /// `ARGV[1]` holds, packed, for each write the required type of its key (or an empty string) and its words.
  /// Returns, for each write that would fail, its index, and the key's type if that is the reason.
  static let script = Script(
    """
    local unpack,faults,place,next=cmsgpack.unpack_limit,{},0,0
    local function check(rest,kind,name,key,...)
      local isAllowed,answer=pcall(redis.acl_check_cmd,name,key,...)
      if isAllowed and not answer then faults[#faults+1]={place}
      elseif kind~='' then
        local found=redis.pcall('TYPE',key).ok
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

  init(_ spec: LaneSpec) {
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

  /// The writes in the form that the script expects.
  var packed: PackedCommands {
    var commands = PackedCommands()
    for write in writes {
      commands.add { words in
        words.add(write.type?.rawValue ?? "")
        for word in write.words { words.add(word) }
      }
    }
    return commands
  }

  /// Returns the first fault that the script found, if any.
  func trouble(_ faults: Reply) -> LaneTrouble? {
    guard let fault = faults[0], let place = fault[0]?.integer, writes.indices.contains(place) else {
      return nil
    }
    let write = writes[place]
    guard let found = fault[1]?.string, let type = write.type else {
      return .noRight(command: write.words.prefix(2).joined(separator: " "))
    }
    return .wrongType(key: write.words[1], found: found, expected: type.rawValue)
  }
}
