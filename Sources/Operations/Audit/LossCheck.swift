import Keys
import Lanes
import Market
import Redis

/// Finds what somebody took out of a stream before its reader came to it: trimmed, deleted, or lost with the stream.
///
/// Redis counts the entries that a stream ever had, and a lane's cursor those that it has read. What is between the
/// two must still be there.
struct LossCheck {
  let connection: RedisConnection

  func check(_ lane: LaneName, _ stream: String, _ findings: inout Findings) throws(RedisError) {
    // First the stream, then the cursor, then what is between them: while a lane reads on, there is only less to find.
    let state = try StreamState(of: stream, on: connection)
    let cursor = (try connection.ask("HGET", lane.cursor, stream).text ?? "").split(separator: " ")
    guard cursor.count == 2, let position = EntryID(cursor[0]), let read = Int(cursor[1]) else { return }
    let unread = state.added - read
    if unread <= 0 {
      // Meanwhile there may be more in the stream than at the first look.
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
