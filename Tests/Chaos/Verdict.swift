import Operations
import Redis

/// The report of a run: what happened, and what went wrong.
struct Verdict {
  let seed: UInt64
  /// How many processes were started in each release; nil if today's ran alone.
  let starts: [ChaosSystem.Release: Int]?
  let loaded: Duration
  let diary: Diary
  let ledger: Ledger
  /// The faults that were possible, and those that were injected.
  let faults: [Fault]
  let losses: Losses
  /// How many calls and entries were lost with killed masters.
  let excused: (calls: Int, entries: Int)
  /// How many records were repaired after that; nil if no master was killed.
  let repaired: Int?
  let incidents: [Incident]
  let watch: FailOverWatch
  /// How often a replica found its lane taken.
  let fenced: Int
  let audit: AuditReport
  let differences: [String]

  var isGood: Bool { differences.isEmpty && audit.isClean }

  /// - Parameter limit: the most differences to show.
  func text(showing limit: Int) -> String {
    let totals = audit.totals
    let load = diary.calls.count + diary.entries.count
    var lines = [
      "\(Self.short(loaded)) of faults, seed \(seed)",
      "  \(load) requests, \(Int(Double(load) / loaded.seconds)) a second; \(ledger.finished) deals finished, "
        + "\(totals.running) running, \(totals.waiting) waiting; \(totals.events) events, "
        + "\(totals.rejections) refusals, \(totals.deadLetters) dead letters",
      "  \(ledger.timerCount) timers came due: "
        + ledger.ofTime.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)×" }.joined(separator: ", "),
      "Requests",
    ]
    for (kind, answers) in diary.counts.sorted(by: { $0.key < $1.key }) {
      let counts = answers.sorted { $0.key < $1.key }.map { "\($0) \($1)×" }
      lines.append("  \(Self.column(kind, 20)) \(counts.joined(separator: ", "))")
    }
    lines.append("Faults")
    for fault in faults {
      let count = incidents.count { $0.fault == fault && !$0.isVoid }
      lines.append("  \(Self.column(fault.rawValue, 32)) \(count)")
    }
    for (release, count) in starts ?? [:] {
      lines.append("  \(Self.column("processes of \(release.rawValue)", 32)) \(count)")
    }
    lines.append("  \(Self.column("lanes lost to another replica", 32)) \(fenced)")
    if let repaired {
      let takeovers = losses.kills.map { $0.ended.instant - $0.began.instant }
      lines.append("Masters killed for good")
      lines.append("  the replica has taken over           \(Self.spread(takeovers, of: "kills"))")
      lines.append("  the master's lanes have committed    \(Self.spread(failOvers.ofMasters))")
      lines.append(
        "  lost with them: \(excused.calls) calls and \(excused.entries) entries, of \(losses.most) at most; "
          + "\(repaired) records repaired")
    }
    lines.append("Fail-over of a killed worker's lanes: another replica has committed")
    lines.append("  with nothing else broken meanwhile   \(Self.spread(failOvers.alone))")
    lines.append("  with more faults on top              \(Self.spread(failOvers.amid))")
    lines.append(
      isGood ? "No difference found." : "\(max(differences.count, audit.differenceCount)) differences")
    lines += differences.prefix(limit).map { "  \($0)" }
    return lines.joined(separator: "\n")
  }

  /// The times of the fail-overs, separated into those alone and those amid other faults of the same worker.
  private var failOvers: (alone: [Duration], amid: [Duration], ofMasters: [Duration]) {
    var (alone, amid): ([Duration], [Duration]) = ([], [])
    for failOver in watch.failOvers where !failOver.isOfMaster {
      let others = incidents.filter { incident in
        guard !incident.isVoid, incident.began != failOver.since else { return false }
        return (incident.fault.hitsAll || incident.target == "\(failOver.lane.worker)-worker")
          && incident.overlaps(failOver.since, failOver.until)
      }
      // The fault that killed its owner is among them.
      if others.count > 1 { amid.append(failOver.time) } else { alone.append(failOver.time) }
    }
    return (alone, amid, watch.failOvers.filter(\.isOfMaster).map(\.time))
  }

  private static func spread(_ times: [Duration], of what: String = "lanes") -> String {
    guard let worst = times.max() else { return "none" }
    let median = times.sorted()[times.count / 2]
    return "\(times.count) \(what), median \(short(median)), worst \(short(worst))"
  }

  private static func short(_ time: Duration) -> String {
    "\((time.seconds * 100).rounded() / 100) s"
  }

  private static func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
