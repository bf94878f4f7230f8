import Testbed
import Testing

@testable import Lanes

@Suite struct CrashGuardTests {
  private static func record(
    _ crashes: Int, at position: String = "7-0", suspect: String? = nil, blamed: String? = nil,
    hits: Int? = nil
  ) -> [String: String] {
    var record = ["position": position, "crashes": "\(crashes)"]
    record["suspect"] = suspect
    record["blamed"] = blamed
    record["hits"] = hits.map { "\($0)" }
    return record
  }

  private static func taken(_ record: [String: String]?, at position: String = "7-0") -> CrashGuard {
    CrashGuard(record: record, position: position, batch: 3)
  }

  private static func later(_ crashGuard: inout CrashGuard) {
    _ = crashGuard.judge(by: [], now: .now + .seconds(CrashGuard.wait.upperBound))
  }

  @Test func `a lane that was given back or has moved on is not under suspicion`() {
    let calm = Self.taken(nil)
    #expect(calm.crashes == 0 && !calm.isWaiting && !calm.isTryingAlone)
    let moved = Self.taken(Self.record(5, suspect: "s 8-0", hits: 2), at: "8-0")
    #expect(moved.crashes == 1 && !moved.isWaiting && !moved.isTryingAlone && moved.hits(of: "s 8-0") == 0)
  }

  @Test func `after the second crash, a lane waits and then tries its entries alone`() {
    let first = Self.taken(Self.record(0))
    #expect(first.crashes == 1 && !first.isWaiting)
    var second = Self.taken(Self.record(1))
    #expect(second.isWaiting && !second.isTryingAlone)
    let isForgiven = second.judge(by: ["x"])
    #expect(!isForgiven && second.isWaiting)
    Self.later(&second)
    #expect(!second.isWaiting && second.isTryingAlone)
    for _ in 0..<2 { second.entrySucceeded() }
    #expect(second.isTryingAlone)
    second.entrySucceeded()
    #expect(!second.isTryingAlone && second.crashes == 0)
  }

  @Test func `an entry is condemned after three crashes during its trial`() {
    var third = Self.taken(Self.record(4, suspect: "s 8-0", hits: 2))
    Self.later(&third)
    #expect(third.condemns("s 8-0") && !third.condemns("s 8-1"))
    let second = Self.taken(Self.record(3, suspect: "s 8-0", hits: 1))
    #expect(!second.condemns("s 8-0") && second.hits(of: "s 8-0") == 2)
  }

  @Test func `no entry is blamed for a crash while none was on trial`() {
    let crashGuard = Self.taken(Self.record(6, blamed: "s 8-0", hits: 2))
    #expect(crashGuard.hits(of: "s 8-0") == 2 && !crashGuard.condemns("s 8-0"))
  }

  @Test func `the suspicion is dropped if a vanished owner proves to be alive`() {
    var record = Self.record(4, suspect: "s 8-0", hits: 2)
    record["owner"] = "c"
    record["vanished"] = "a b"
    var crashGuard = Self.taken(record)
    #expect(crashGuard.vanished == ["a", "b", "c"])
    let isForgivenAtOnce = crashGuard.judge(by: ["x", "y"])
    #expect(!isForgivenAtOnce && crashGuard.isWaiting)
    let isForgiven = crashGuard.judge(by: ["x", "b"])
    #expect(isForgiven && !crashGuard.isWaiting && !crashGuard.condemns("s 8-0") && crashGuard.crashes == 0)
  }

  /// A lane whose owners are killed a thousand times, at any moment. All of its entries are harmless, but the
  /// lane makes no progress unless its entries are tried alone.
  @Test(
    arguments: [0.03, 1, 2.5, 4, 30] as [Double], [1, 20_261_125] as [UInt64])
  func `no entry is condemned through a thousand kills`(pace: Double, seed: UInt64) {
    print("kills every \(pace) s at most, from seed \(seed)")
    var random = SplitMix64(seed: seed)
    let start = ContinuousClock.now
    var record: [String: String]?
    var (position, trials, condemned) = (0, 0, 0)
    for life in 0..<1000 {
      // Half of the kills come at the same moment of each life, which is the worst case.
      let length = life.isMultiple(of: 2) ? pace : Double.random(in: 0...pace, using: &random)
      var crashGuard = CrashGuard(
        record: record, position: "\(position)", batch: 256, now: start,
        chance: .random(in: 0...1, using: &random))
      var kept = ["position": "\(position)", "crashes": "\(crashGuard.crashes)"]
      func blame(_ entry: String?) {
        kept["blamed"] = entry
        kept["hits"] = entry.map { "\(crashGuard.hits(of: $0))" }
      }
      blame(crashGuard.blamed)
      var time = 0.01
      if let end = crashGuard.waitsUntil {
        time = (end - start) / .seconds(1)
        if time < length { _ = crashGuard.judge(by: [], now: end) }
      }
      while crashGuard.isTryingAlone, time < length {
        let entry = "s \(position)"
        if crashGuard.condemns(entry) { condemned += 1 }
        kept["position"] = "\(position)"
        kept["suspect"] = entry
        blame(entry)
        trials += 1
        time += 0.002
        guard time < length else { break }
        position += 1
        crashGuard.entrySucceeded()
      }
      record = kept
    }
    #expect(condemned == 0)
    if pace > CrashGuard.wait.upperBound { #expect(trials > 1000) }
  }
}
