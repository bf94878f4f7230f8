import Market
import Redis

/// Puts an entry to the dead letters that crashed every process which tried it.
struct CondemnedWork: LaneWork {
  let entry: Entry
  let stream: String

  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    let error = FieldError(
      field: "entry", reason: .crashed,
      message: "The worker's process ended three times in a row while it worked on this entry.")
    commit.addDeadLetter(entry, from: stream, because: error)
  }
}
