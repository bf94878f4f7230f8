/// How careful the owner of a lane must be, because earlier owners vanished while they held it.
///
/// Without it, an entry that crashes its process would crash every replica in turn. But most vanished
/// processes were ended from outside, which is no entry's fault. So the lane records in Redis where its last
/// owner started. If owners vanish twice in a row without the cursor having moved, the lane becomes
/// suspicious:
///
/// 1. Nothing is tried for a random time of two to four seconds. A process that is repeatedly ended from
///    outside does not live that long, or it ends within this time: then no entry was being handled, and none
///    is blamed.
/// 2. Then entries are tried alone, one lane of the process at a time. Each is named in Redis just before its
///    trial. If the process vanishes now, that counts against the named entry.
/// 3. After three such trials, the entry is put to the dead letters.
///
/// A kill from outside counts against an entry only if it hits the one or two milliseconds of the entry's
/// trial, and trials start at random times. So even kills at the worst pace hit the same entry a second time
/// with a probability of about one in a thousand, and a third time with one in a million. Faster kills never
/// reach a trial.
///
/// An owner that was only paused, or blocked by Redis, looks gone too, but returns. So a suspicion is dropped
/// as soon as one of the vanished owners is alive.
struct CrashGuard {
  /// How many owners in a row vanish at the same position before the lane is suspicious.
  static let suspicion = 2
  /// How many trials of one entry end with the process before the entry is put aside.
  static let verdict = 3
  /// The range of the random wait before the first trial, in seconds.
  static let wait = 2.0...4.0

  private enum Phase {
    case trusting
    case waiting(until: ContinuousClock.Instant)
    /// Entries are tried alone; `left` is how many more.
    case trying(left: Int)
  }

  private(set) var crashes: Int
  /// The entry that was on trial when an owner last vanished.
  private(set) var blamed: String?
  /// How many trials of the blamed entry ended with the process.
  private var hits = 0
  /// The owners that vanished in a row.
  private(set) var vanished: [String] = []
  private var phase = Phase.trusting
  private let batch: Int

  /// - Parameters:
  ///   - record: What the last owner left in the lane's attempts; nil if it released the lane.
  ///   - position: Where the lane's cursors are now.
  ///   - batch: How many entries to try alone if the lane is suspicious.
  ///   - now: When the lane was taken.
  ///   - chance: A random number from 0 to 1 that determines the length of the wait.
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
      // It vanished while no entry was on trial, which is no evidence for or against any.
      blamed = record["blamed"]
    }
    phase = .waiting(
      until: now + .seconds(Self.wait.lowerBound + chance * (Self.wait.upperBound - Self.wait.lowerBound)))
  }

  /// The end of the wait in which nothing is tried; nil if there is no wait.
  var waitsUntil: ContinuousClock.Instant? { if case .waiting(let end) = phase { end } else { nil } }

  var isWaiting: Bool { waitsUntil != nil }

  var isTryingAlone: Bool { if case .trying = phase { true } else { false } }

  /// Returns how many trials of an entry ended with the process.
  func hits(of entry: String) -> Int { entry == blamed ? hits : 0 }

  /// Whether the entry must be put aside.
  func condemns(_ entry: String) -> Bool { hits(of: entry) >= Self.verdict }

  /// Starts the trials once the wait is over. Returns true if one of the vanished owners is alive: then the
  /// suspicion is dropped.
  mutating func judge(by living: [String], now: ContinuousClock.Instant = .now) -> Bool {
    guard case .waiting(let end) = phase else { return false }
    if vanished.contains(where: living.contains) {
      reset()
      return true
    }
    if now >= end { phase = .trying(left: batch) }
    return false
  }

  /// Records that an entry which was tried alone succeeded.
  mutating func entrySucceeded() {
    guard case .trying(let left) = phase else { return }
    blamed = nil
    hits = 0
    if left > 1 { phase = .trying(left: left - 1) } else { reset() }
  }

  /// Drops all suspicion: the lane has nothing left to do, or no owner had crashed.
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
