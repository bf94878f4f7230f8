import Market
import Redis

/// Puts an entry to the dead letters that no handler is to see.
struct RefusedWork: LaneWork {
  let entry: Entry
  let stream: String
  let error: FieldError
  /// Whether the entry is removed from the stream as well: one that takes much room and cannot be read again.
  var isRemoved = false

  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    commit.addDeadLetter(entry, from: stream, because: error)
    if isRemoved { commit.add { $0.add("XDEL", stream, "\(entry.id)") } }
  }
}

extension RefusedWork {
  /// For one that crashed every process which tried it.
  static func crashed(_ entry: Entry, _ stream: String) -> RefusedWork {
    let message =
      "The worker's process ended \(CrashGuard.verdict) times while it worked on this entry and on nothing else."
    return RefusedWork(
      entry: entry, stream: stream, error: FieldError(field: "entry", reason: .crashed, message: message))
  }

  static func tooLarge(_ entry: Entry, _ stream: String, isInlet: Bool) -> RefusedWork {
    let message =
      "The entry has \(entry.byteCount) bytes; at most \(Entry.byteLimit) are taken. Only its beginning is kept here."
    return RefusedWork(
      entry: entry, stream: stream, error: FieldError(field: "entry", reason: .tooLong, message: message),
      isRemoved: isInlet)
  }

  /// For one that its handler made more of than a commit can carry.
  static func tooMuch(_ entry: Entry, _ stream: String, bytes: Int) -> RefusedWork {
    let message = "What follows from the entry has \(bytes) bytes, more than one commit can carry."
    return RefusedWork(
      entry: entry, stream: stream, error: FieldError(field: "entry", reason: .tooLong, message: message))
  }
}
