import Keys
import Lanes
import Market
import Redis

/// Finds entries that were removed before a lane read them: trimmed, deleted, or lost with their stream.
///
/// Redis counts all entries that were ever added to a stream, and a lane's cursor counts those it has read.
/// The entries in between must still exist.
struct LossCheck {
  let connection: any RedisLink

  func check(_ lane: LaneName, _ stream: String, _ findings: inout Findings) throws(RedisError) {
    // In this order, a lane that keeps reading can only make the gap smaller.
    let state = try StreamState(of: stream, on: connection)
    let cursor = (try connection.ask("HGET", lane.cursor, stream).text ?? "").split(separator: " ")
    guard cursor.count == 2, let position = EntryID(cursor[0]), let read = Int(cursor[1]) else { return }
    let unread = state.added - read
    if unread <= 0 {
      // The stream can have grown since it was first read.
      let now = try StreamState(of: stream, on: connection)
      guard read > now.added || position > now.last else { return }
      findings.add(
        .lost, stream,
        "\(lane) has read \(read) entries up to \(position), but it has had \(now.added), up to \(now.last): its history was lost."
      )
      return
    }
    var present = 0
    try connection.readPages(of: stream, from: position, through: state.last) { (page) throws(RedisError) in
      present += page.count { $0.id > position }
    }
    guard present < unread else { return }
    let lost = unread - present
    findings.add(
      .lost, stream,
      "\(lost) \(lost == 1 ? "entry was" : "entries were") removed before \(lane) had read \(lost == 1 ? "it" : "them")."
    )
  }
}
