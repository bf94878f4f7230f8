import Testbed
import Testing

/// Replicas with their tables share lanes, whatever happens to them.
@Suite struct LaneTableHistoryTests {
  /// Each of these starts a series of histories; a history can be repeated from its own seed.
  private static let seeds: [UInt64] = [20_240_404, 7, 0xC0FFEE, 1_000_003]
  private static let histories: UInt64 = 60

  @Test(arguments: seeds)
  func `every lane finds one owner, and shares are fair`(seed: UInt64) {
    print("histories of shared lanes from seed \(seed)")
    var happened: Set<String> = []
    for history in 0..<Self.histories {
      let own = seed &+ history &* 0x1_0000_0000
      var lanes = SharedLanes(SplitMix64(seed: own))
      do {
        try lanes.live()
        try lanes.settle()
      } catch {
        Issue.record("the history of seed \(own) broke a rule: \(error)")
        return
      }
      happened.formUnion(lanes.happened)
    }
    // Otherwise, the histories would prove little.
    #expect(
      happened == [
        "left", "vanished", "slept", "reconnected", "clock went back", "came too late", "released",
        "narrowed",
        "opened", "lost", "waited", "stood still", "resumed",
      ])
  }
}
