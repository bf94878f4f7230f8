import Redis

/// The lag of a lane: how many entries of its streams it has not committed yet.
public enum LaneLag {
  /// Appends the commands that ask for the lag: one per stream, and one for the cursor.
  public static func ask(_ lane: LaneName, _ streams: [String], _ commands: inout Commands) {
    commands.add("HGETALL", lane.cursor)
    for stream in streams { commands.add("XINFO", "STREAM", stream) }
  }

  /// Returns the lag from the replies to `ask`, which it removes from the front. A stream that does not exist
  /// yet has no lag.
  public static func receive(_ streams: [String], _ replies: inout ArraySlice<Reply>) -> Int {
    progress(streams, &replies).unread
  }

  /// Returns how many entries the lane has committed in all its time, and how many it has not, from the replies
  /// to `ask`, which it removes from the front.
  public static func progress(
    _ streams: [String], _ replies: inout ArraySlice<Reply>
  ) -> (read: Int, unread: Int) {
    let cursor = replies.popFirst()?.pairs ?? [:]
    return streams.reduce(into: (0, 0)) { sum, stream in
      let added = replies.popFirst()?.pairs["entries-added"].flatMap { Int($0) } ?? 0
      let read = cursor[stream]?.split(separator: " ").last.flatMap { Int($0) } ?? 0
      sum.0 += read
      sum.1 += max(0, added - read)
    }
  }
}
