import Redis

/// How many entries of its streams a lane has not committed yet.
public enum LaneLag {
  /// The commands that tell; as many as `streams` and one more.
  public static func ask(_ lane: LaneName, _ streams: [String], _ commands: inout Commands) {
    commands.add("HGETALL", lane.cursor)
    for stream in streams { commands.add("XINFO", "STREAM", stream) }
  }

  /// Takes the replies to `ask` off the front. A stream that nobody has made yet has nothing to read.
  public static func receive(_ streams: [String], _ replies: inout ArraySlice<Reply>) -> Int {
    let cursor = replies.popFirst()?.pairs ?? [:]
    return streams.reduce(0) { sum, stream in
      let added = replies.popFirst()?.pairs["entries-added"].flatMap { Int($0) } ?? 0
      let read = cursor[stream]?.split(separator: " ").last.flatMap { Int($0) } ?? 0
      return sum + max(0, added - read)
    }
  }
}
