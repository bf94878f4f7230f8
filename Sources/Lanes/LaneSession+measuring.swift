import Market
import Redis

/// How far the held lanes are behind, for the metrics.
extension LaneSession {
  func measure() throws(RedisError) {
    guard ContinuousClock.now >= nextMeasure else { return }
    nextMeasure = .now + .seconds(2)
    var ask = Commands()
    ask.add("TIME")
    for lane in lanes {
      for input in lane.inputs {
        ask.add("XINFO", "STREAM", input.stream)
        ask.add("XRANGE", input.stream, "(\(input.position)", "+", "COUNT", "1")
      }
    }
    var replies = try connection.exchange(ask)[...]
    let time = try replies.removeFirst().get()
    let now = Double(time[0]?.integer ?? 0) + Double(time[1]?.integer ?? 0) / 1e6
    for lane in lanes {
      var (entries, seconds) = (0, 0.0)
      for input in lane.inputs {
        let added = replies.removeFirst().pairs["entries-added"].flatMap { Int($0) } ?? 0
        entries += max(0, added - input.entriesRead)
        if let next = replies.removeFirst()[0]?[0]?.string.flatMap({ EntryID($0) }) {
          seconds = max(seconds, now - Double(next.milliseconds) / 1000)
        }
      }
      metrics.isBehind(lane.spec.name, entries: entries, seconds: seconds)
    }
  }
}
