import Market
import Redis

/// Puts an entry to the dead letters without passing it to a handler.
struct RefusedWork: LaneWork {
  let entry: Entry
  let stream: String
  let error: FieldError
  /// Whether the entry is also removed from the stream, because it is large and will not be read again.
  var isRemoved = false

  func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    refuse(in: &commit)
    return .commit
  }

  func refuse(in commit: inout Commit) {
    commit.addDeadLetter(entry, from: stream, because: error)
    if isRemoved { commit.add { $0.add("XDEL", stream, "\(entry.id)") } }
  }
}

extension RefusedWork {
  /// Refuses an entry that crashed every process which tried it.
  static func crashed(_ entry: Entry, _ stream: String) -> RefusedWork {
    let message =
      "The worker's process ended \(CrashGuard.verdict) times while it worked on this entry alone."
    return RefusedWork(
      entry: entry, stream: stream, error: FieldError(field: "entry", reason: .crashed, message: message))
  }

  static func tooLarge(_ entry: Entry, _ stream: String, isInlet: Bool) -> RefusedWork {
    let message =
      "The entry has \(entry.byteCount) bytes, the limit is \(Entry.byteLimit). Only its beginning is kept."
    return RefusedWork(
      entry: entry, stream: stream, error: FieldError(field: "entry", reason: .tooLong, message: message),
      isRemoved: isInlet)
  }

  /// Refuses an entry whose changes are too large for one commit.
  static func tooMuch(_ entry: Entry, _ stream: String, bytes: Int) -> RefusedWork {
    let message = "The changes caused by the entry have \(bytes) bytes, more than one commit can carry."
    return RefusedWork(
      entry: entry, stream: stream, error: FieldError(field: "entry", reason: .tooLong, message: message))
  }
}
