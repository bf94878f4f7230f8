/// How careful the owner of a lane has to be, because owners before it vanished while they held it.
///
/// An entry that crashes its process would otherwise crash every process after it. But most processes that vanish
/// were ended from outside, and no entry is to blame for that. So the lane remembers, in Redis, where its last owner
/// began. If owners vanish twice in a row without the cursor having moved, the lane becomes suspicious:
///
/// 1. Nothing of it is tried for a while, two to four seconds by chance. A process that is ended from outside again
///    and again does not live that long, or it ends in this time: then no entry was under way, and none is blamed.
/// 2. Then its entries are tried alone, one lane of the process at a time, each named in Redis just before. If the
///    process vanishes now, that counts against the named entry.
/// 3. The third time the same entry is put to the dead letters.
///
/// A kill from outside counts against an entry only if it comes within the millisecond or two of the entry's trial,
/// and the trial begins at a random time. So even kills at the worst pace hit the same entry again with a chance of
/// about one in a thousand, and a third time with one in a million; quicker kills never reach a trial.
///
/// An owner that was only paused or kept waiting by Redis looks gone too, but returns. So a suspicion is dropped as
/// soon as one of the vanished owners is alive.
struct CrashGuard {
  /// Owners that vanish in a row at the same place before the lane is suspicious.
  static let suspicion = 2
  /// Trials of one entry that end with the process before it is put aside.
  static let verdict = 3
  /// How long nothing is tried, by chance.
  static let wait = 2.0...4.0

  private enum Phase {
    case trusting
    case waiting(until: ContinuousClock.Instant)
    /// Entries are tried alone: how many more.
    case trying(left: Int)
  }

  private(set) var crashes: Int
  /// The entry that was on trial when an owner vanished last, and how often that has happened to it.
  private(set) var blamed: String?
  private var hits = 0
  /// The owners that vanished in a row.
  private(set) var vanished: [String] = []
  private var phase = Phase.trusting
  private let batch: Int

  /// - Parameters:
  ///   - record: what the last owner left in the lane's attempts; nil if it gave the lane back.
  ///   - position: where the lane's cursors are now.
  ///   - batch: how many entries to try alone, if need be.
  ///   - now: when the lane was taken.
  ///   - chance: a random number from 0 to 1, for the length of the wait.
  init(
    record: [String: String]?, position: String, batch: Int, now: ContinuousClock.Instant = .now,
    chance: Double = .random(in: 0...1)
  ) {
    self.batch = batch
    guard let record else {
      crashes = 0
      return
    }
    let stayed = record["position"] == position
    crashes = stayed ? number("crashes", of: record) + 1 : 1
    vanished = (stayed ? record["vanished"] ?? "" : "").split(separator: " ").map(String.init)
    if let owner = record["owner"] { vanished.append(owner) }
    guard stayed, crashes >= Self.suspicion else { return }
    hits = number("hits", of: record)
    if let suspect = record["suspect"] {
      blamed = suspect
      hits += 1
    } else {
      // It vanished while no entry was on trial, which says nothing for or against one.
      blamed = record["blamed"]
    }
    phase = .waiting(
      until: now + .seconds(Self.wait.lowerBound + chance * (Self.wait.upperBound - Self.wait.lowerBound)))
  }

  /// Until when nothing is tried; nil if nothing is waited for.
  var waitsUntil: ContinuousClock.Instant? { if case .waiting(let end) = phase { end } else { nil } }

  var isWaiting: Bool { waitsUntil != nil }

  var isTryingAlone: Bool { if case .trying = phase { true } else { false } }

  /// How many trials of an entry ended with the process.
  func hits(of entry: String) -> Int { entry == blamed ? hits : 0 }

  /// Whether the entry has to be put aside.
  func condemns(_ entry: String) -> Bool { hits(of: entry) >= Self.verdict }

  /// Ends the wait once it is over. Returns true if one of the vanished owners is alive, and all is forgiven.
  mutating func judge(by living: [String], now: ContinuousClock.Instant = .now) -> Bool {
    guard case .waiting(let end) = phase else { return false }
    if vanished.contains(where: living.contains) {
      reset()
      return true
    }
    if now >= end { phase = .trying(left: batch) }
    return false
  }

  /// An entry that was tried alone succeeded.
  mutating func entrySucceeded() {
    guard case .trying(let left) = phase else { return }
    blamed = nil
    hits = 0
    if left > 1 { phase = .trying(left: left - 1) } else { reset() }
  }

  /// Nothing in the lane crashes its owner: it has nothing to do, or no owner had crashed.
  mutating func reset() {
    crashes = 0
    blamed = nil
    hits = 0
    vanished = []
    phase = .trusting
  }
}

private func number(_ name: String, of record: [String: String]) -> Int {
  record[name].flatMap { Int($0) } ?? 0
}
