/// How careful the owner of a lane has to be, because owners before it vanished while they held it.
///
/// An entry that crashes its process would otherwise crash every process after it. So the lane remembers, in
/// Redis, where its last owner began: one that vanishes without the cursor having moved counts as a crash. After
/// the second in a row entries are tried alone, each named before it is tried; if the process vanishes once
/// more, the named entry goes to the dead letters.
///
/// An owner that only stood still, or that Redis kept waiting, vanishes too, but comes back. So the entry has to
/// wait for a while, and goes free if any of the owners shows up.
struct Caution {
  /// Crashes in a row at the same place before entries are tried alone.
  static let limit = 2

  /// How long vanished owners have to show that they live.
  static let grace = Duration.seconds(3)

  private(set) var crashes: Int
  /// How many entries are still to be tried alone.
  private(set) var alone = 0
  /// The entry that was being tried alone when the last owner vanished.
  private(set) var condemned: String?
  /// The owners that vanished in a row.
  private(set) var vanished: [String] = []
  /// Until when nothing is done, because an entry is condemned and an owner may still come back.
  private(set) var judgement: ContinuousClock.Instant?

  /// - Parameters:
  ///   - record: what the last owner left in the lane's attempts; nil if it gave the lane back.
  ///   - position: where the lane's cursors stand now.
  ///   - batch: how many entries to try alone, if need be.
  init(record: [String: String]?, position: String, batch: Int) {
    guard let record else {
      crashes = 0
      return
    }
    let stayed = record["position"] == position
    crashes = stayed ? (record["crashes"].flatMap { Int($0) } ?? 0) + 1 : 1
    vanished = (stayed ? record["vanished"] ?? "" : "").split(separator: " ").map(String.init)
    if let owner = record["owner"] { vanished.append(owner) }
    guard stayed, crashes >= Self.limit else { return }
    alone = batch
    condemned = record["suspect"]
    if condemned != nil { judgement = .now + Self.grace }
  }

  /// Ends the wait once it is clear whether the owners are gone. True where they are not, and all is forgiven.
  mutating func judge(by living: [String]) -> Bool {
    guard let judgement else { return false }
    if vanished.contains(where: living.contains) {
      calmDown()
      return true
    }
    if ContinuousClock.now >= judgement { self.judgement = nil }
    return false
  }

  var isTryingAlone: Bool { alone > 0 }

  /// An entry that was tried alone is through.
  mutating func passed() {
    condemned = nil
    alone = max(0, alone - 1)
    if alone == 0 { crashes = 0 }
  }

  /// The lane has nothing to do, so nothing in it crashes its owner.
  mutating func calmDown() {
    crashes = 0
    alone = 0
    condemned = nil
    vanished = []
    judgement = nil
  }
}
