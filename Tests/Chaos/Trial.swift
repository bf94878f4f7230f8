import Foundation
import Operations
import Redis
import Testbed

/// One run: a system, load and faults for a while, then rest and the checks.
struct Trial {
  let seconds: Int
  let seed: UInt64
  /// Nil if today's release runs alone.
  let course: Upgrade.Course?

  /// Calls per second over HTTP, and entries per second by XADD.
  private static let (callRate, entryRate) = (240.0, 100.0)
  /// Requests per second.
  static let rate = callRate + entryRate
  private static let (shoppers, scribes) = (32, 2)

  func run(_ stage: ChaosSystem) async throws -> Verdict {
    let (diary, catalogue) = (Diary(), Catalogue())
    let watch = FailOverWatch(stage.redis)
    let saboteur = Saboteur(stage, watch, diary, seed: seed)
    let upgrade = course.map { Upgrade(course: $0, stage: stage, seed: seed) }
    try await onThread { try upgrade?.prepare() }
    let start = ContinuousClock.now
    let deadline = start + .seconds(seconds)
    let watching = Background(watch.run)
    let sabotage = Background { saboteur.run(until: deadline) }
    let upgrading = Background {
      do {
        try upgrade?.run(from: start, for: .seconds(seconds))
      } catch {
        diary.complain("\(error)")
      }
    }
    let writing = (0..<Self.scribes).map { number in
      let scribe = Scribe(number: number, seed: seed, redis: stage.redis, catalogue: catalogue, diary: diary)
      let pace = Self.pace(number, of: Self.scribes, Self.entryRate, start, deadline)
      return Background { scribe.run(pace) }
    }
    let shoppers = (0..<Self.shoppers).map {
      Shopper(number: $0, seed: seed, ingresses: stage.ingresses, catalogue: catalogue, diary: diary)
    }
    await withTaskGroup(of: Void.self) { group in
      for shopper in shoppers {
        let pace = Self.pace(shopper.number, of: Self.shoppers, Self.callRate, start, deadline)
        group.addTask { await shopper.run(pace) }
      }
    }
    let loaded = ContinuousClock.now - start
    try await onThread {
      for work in writing + [sabotage, upgrading] where work.wait(within: Patience.limit * 2) == nil {
        throw Mishap("the faults were not mended within \(Patience.limit * 2)")
      }
    }
    try await onThread { try stage.redis.settle() }
    let dead = try await stage.settle()
    try await onThread {
      try upgrade?.finish()
      try stage.awaitCalm()
      if course == .forward {
        try stage.archive()
        try stage.awaitCalm()
      }
    }
    let losses = Losses(kills: saboteur.kills, shards: stage.redis.shards)
    let repaired = losses.kills.isEmpty ? nil : try await onThread { try stage.repair() }
    let report = try await onThread { try Auditor(stage.redis.connect()).run(waiting: Patience.limit) }
    await repeatSome(shoppers[0], diary.calls)
    await followUp(shoppers[0], diary.calls, losses)
    watch.stop()
    try await onThread { _ = watching.wait() }
    let (audit, ledger) = try await onThread {
      (
        try Auditor(stage.redis.connect()).run(waiting: Patience.limit),
        try Ledger(stage.redis.connect(), removed: diary.removed)
      )
    }
    var differences = dead + diary.complaints + saboteur.incidents.compactMap(\.problem)
    if !report.isAtRest || !audit.isAtRest {
      differences += ["The system does not come to rest."] + audit.notes
    }
    for difference in audit.differences {
      differences.append("audit, \(difference.code.rawValue), \(difference.key): \(difference.message)")
    }
    differences += stage.unreadable()
    differences += ledger.repeatedTimers.map { "\($0): it came due more than once." }
    differences += ledger.crashed.map { "\($0): it was put aside as if it had crashed its worker." }
    let calls = CallAccount(diary.calls, ledger, losses)
    differences += calls.differences
    let entries = EntryAccount(diary.entries, ledger, losses)
    differences += entries.differences
    for (inlet, lost) in entries.lost {
      let told = stage.removedCount(of: inlet)
      if told < lost {
        differences.append("\(inlet): \(lost) entries were removed unread, but \(told) were told.")
      }
    }
    differences += OrderAccount(diary.calls, ledger, losses).differences
    let excused = (calls: calls.excused.count, entries: entries.excused.count)
    if excused.calls + excused.entries > losses.most {
      differences.append(
        "\(excused.calls) calls and \(excused.entries) entries were lost: more than \(losses.kills.count) kills explain."
      )
    }
    return Verdict(
      seed: seed, starts: course.map { _ in stage.starts }, loaded: loaded, diary: diary, ledger: ledger,
      faults: Fault.all(on: stage), losses: losses,
      excused: excused, repaired: repaired,
      incidents: saboteur.incidents, watch: watch,
      fenced: stage.fencedCount(), audit: audit, differences: differences)
  }

  /// Repeats some requests much later: they must get the same answers and have no effect.
  private func repeatSome(_ shopper: Shopper, _ calls: [Diary.Call]) async {
    let named = calls.filter { $0.key != nil && $0.answer.isDone }
    for call in named.enumerated().filter({ $0.offset % max(1, named.count / 150) == 0 }).map(\.element) {
      await shopper.send(call.wish, key: call.key, [:], to: shopper.ingresses[call.wish.productid % 2])
    }
  }

  /// Asks for the outcomes of the requests that were only admitted.
  private func followUp(_ shopper: Shopper, _ calls: [Diary.Call], _ losses: Losses) async {
    let kept = calls.filter { $0.answer.isPending && !losses.concern($0) }
    let operations = Set(kept.compactMap(\.answer.commandid))
    for operation in operations.sorted().prefix(200) { await shopper.follow(operation) }
  }

  private static func pace(
    _ number: Int, of count: Int, _ rate: Double, _ start: ContinuousClock.Instant,
    _ deadline: ContinuousClock.Instant
  ) -> Pace {
    let period = Duration.seconds(Double(count) / rate)
    return Pace(from: start, to: deadline, every: period, phase: Double(number) / Double(count))
  }
}
