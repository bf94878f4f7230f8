import Market
import Redis

/// Why a lane stands still, and what an operator can do about it.
package enum LaneTrouble: Equatable {
  /// A stream ends before the position up to which it was read.
  case lostHistory(stream: String, end: EntryID, position: EntryID, cursor: String)
  /// A stream has had fewer entries than were read from it: it was deleted and written to again.
  case newStream(stream: String, added: Int, read: Int, cursor: String)
  /// A stream has used up all entry ids, so nothing can be appended to it.
  case idsExhausted(stream: String)
  case wrongType(key: String, found: String, expected: String)
  /// This Redis user lacks the permission for a command.
  case noRight(command: String)
  /// A commit failed in the middle; the rest of it is kept.
  case unfinishedCommit(reason: String, halt: String)
  /// Redis refused something; nothing was changed.
  case refused(String)
  /// A commit failed with an error that does not tell how far it got, and none of it was kept.
  case unknownState(String)
  /// An entry is of a kind that only a newer release than this knows.
  case newerEntry(stream: String, entry: EntryID, error: FieldError, build: Build?)

  /// Compares a stream's state with how far it was read. Returns nil if nothing is wrong.
  init?(in state: StreamState, of stream: String, at position: EntryID, read: Int, cursor: String) {
    if state.newest < position {
      self = .lostHistory(stream: stream, end: state.newest, position: position, cursor: cursor)
    } else if state.added < read {
      self = .newStream(stream: stream, added: state.added, read: read, cursor: cursor)
    } else {
      return nil
    }
  }

  package var reason: String {
    switch self {
    case .lostHistory(let stream, let end, let position, _):
      "\(stream) ends at \(end), but was read up to \(position): its history was lost."
    case .newStream(let stream, let added, let read, _):
      "\(stream) has had \(added) entries, but \(read) were read: its history was lost."
    case .idsExhausted(let stream): "\(stream) has used up all entry ids."
    case .wrongType(let key, let found, let expected): "\(key) is a \(found), but must be a \(expected)."
    case .noRight(let command): "This Redis user may not do: \(command)"
    case .unfinishedCommit(let reason, _): "A commit failed in the middle: \(reason)"
    case .refused(let reason): "Redis refused what the lane needs, and nothing was changed: \(reason)"
    case .unknownState(let reason): "A commit failed, and how far it got is not known: \(reason)"
    case .newerEntry(let stream, let entry, let error, let build):
      "\(stream) \(entry) was written by a newer release than this\(Self.words(build)): \(error.message)"
    }
  }

  package var remedy: String {
    switch self {
    case .lostHistory(_, _, _, let cursor), .newStream(_, _, _, let cursor):
      "restore the stream, or delete \(cursor) to read it again from its start"
    case .idsExhausted(let stream): "read everything, then set an earlier last id: XSETID \(stream)"
    case .wrongType(let key, _, _): "move the key away: RENAME \(key) …"
    case .noRight: "grant it, as compose/redis/users.acl does"
    case .unfinishedCommit(_, let halt):
      "fix the cause named in the reason; the rest of the commit is kept in \(halt) and is then finished"
    case .refused: "fix the cause named in the reason"
    case .unknownState: "fix the cause named in the reason, run handover audit, then restart the worker"
    case .newerEntry(let stream, let entry, _, let build):
      """
      start this worker in the release that wrote it, later than \(build?.release ?? "this") (handover format tells \
      which run); if no release wrote it, remove it: XDEL \(stream) \(entry)
      """
    }
  }

  private static func words(_ build: Build?) -> String {
    build.map { " one, \($0.release), which reads format \($0.reads)" } ?? " one"
  }
}
