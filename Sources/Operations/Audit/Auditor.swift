import Foundation
import Keys
import Lanes
import Market
import Redis
import Workers

/// Compares everything that is stored with everything that happened.
///
/// It only reads, in small steps, so the system can keep running. Checks that need a system at rest are
/// skipped for shards that work during the audit; the report notes them.
package struct Auditor {
  let connection: any RedisLink

  package init(_ connection: any RedisLink) { self.connection = connection }

  /// How far an audit is.
  package struct Progress: Equatable, Sendable {
    package enum Stage: String, Sendable {
      /// It waits for lanes that are behind.
      case waiting
      /// It looks at all keys.
      case keys
      /// It replays the journals, shard by shard.
      case shards
    }

    package let stage: Stage
    /// How many keys or shards are done, and how many there are, about.
    package var done = 0
    package var all = 0
  }

  /// Runs the audit. Throws `SettledSlots.Unsettled` while slots of a cluster are moving.
  ///
  /// - Parameters:
  ///   - patience: how long to wait for every lane to read all of its streams.
  ///   - onProgress: called whenever it has come further.
  package func run(
    waiting patience: Duration = .zero, onProgress: (Progress) -> Void = { _ in }
  ) throws -> AuditReport {
    let shards = try connection.shardCount()
    let slots = try SettledSlots(on: connection)
    onProgress(Progress(stage: .waiting))
    let before = try rest(shards, within: patience)
    let keys = try connection.eachMaster { (_, master) throws(RedisError) in
      try master.call("DBSIZE").integer ?? 0
    }.reduce(0, +)
    var seen = 0
    var report = AuditReport()
    var (keyspace, strays) = (Keyspace(), Findings())
    let strayCheck = StrayCheck(shards: shards)
    try connection.scanPages { (page) throws(RedisError) in
      onProgress(Progress(stage: .keys, done: min(seen, keys), all: keys))
      try keyspace.take(page, on: connection, &strays)
      try strayCheck.take(page, on: connection, &strays)
      try ArchiveCheck.check(directoryIn: page, shards: shards, on: connection, &strays)
      seen += page.count
    }
    try slots.mustLast(on: connection)
    report.memory = keyspace.memory
    var audits: [ShardAudit.Result] = []
    var counters = CounterCheck()
    for shard in (0..<shards).map({ Shard($0) }) {
      onProgress(Progress(stage: .shards, done: shard.index, all: shards))
      var audit = try ShardAudit(shard, keyspace.contents[shard] ?? .init(), on: connection)
      let result = try audit.run(among: shards)
      counters.take(result.counters)
      audits.append(result)
    }
    try counters.finish(on: connection, &strays)
    for worker in DecidingWorker.allCases {
      report.inletDeadLetters += try DeadEntries(tag: "{\(Key.inlet(worker))}", on: connection).count
    }
    try checkLosses(shards, &strays)
    let after = try Quiescence(shards: shards, on: connection)
    for audit in audits { report.add(audit, wasAtRest: before.lasted(until: after, in: audit.shard)) }
    report.add(strays.always)
    report.note(before, after)
    if report.isAtRest {
      report.add(strays.whenIdle)
      report.broken.formUnion(strays.broken)
      report.remedies += strays.remedies
    }
    return report
  }

  /// Checks that every entry that a lane has not read yet still exists.
  private func checkLosses(_ shards: Int, _ findings: inout Findings) throws(RedisError) {
    let losses = LossCheck(connection: connection)
    for role in WorkerKind.allCases {
      for lane in role.lanes(shards: shards) {
        for stream in lane.streams { try losses.check(lane.name, stream, &findings) }
      }
    }
  }

  /// Removes records of read models, so that a rebuild recreates them from the journal.
  package func forget(_ views: Set<BrokenView>) throws(RedisError) {
    try connection.askEach(Array(views)) {
      RESPWords($0.kind == .listing ? "ZREM" : "HDEL", $0.key, $0.member)
    } _: { (_, reply) throws(RedisError) in
      try reply.get()
    }
  }

  /// Makes again what was lost beside items that exist.
  package func apply(_ remedies: [Remedy]) throws(RedisError) {
    for remedy in remedies { try remedy.apply(on: connection) }
  }

  private func rest(_ shards: Int, within patience: Duration) throws(RedisError) -> Quiescence {
    let deadline = ContinuousClock.now + patience
    var rest = try Quiescence(shards: shards, on: connection)
    while .now < deadline {
      // Redis does not notify when a group has read everything. A lane can go on while its state is read, so
      // two results have to be equal.
      Thread.sleep(forTimeInterval: 0.05)
      let next = try Quiescence(shards: shards, on: connection)
      if next.isQuiet && next == rest { break }
      rest = next
    }
    return rest
  }
}

extension AuditReport {
  fileprivate mutating func add(_ audit: ShardAudit.Result, wasAtRest: Bool) {
    shards.append(audit.totals)
    notes += audit.notes
    add(audit.findings.always)
    guard wasAtRest else {
      isAtRest = false
      return
    }
    add(audit.findings.whenIdle)
    broken.formUnion(audit.findings.broken)
    remedies += audit.findings.remedies
  }

  fileprivate mutating func note(_ before: Quiescence, _ after: Quiescence) {
    var delays = before.inletDelays + before.delays.sorted { $0.key.index < $1.key.index }.flatMap(\.value)
    if delays.isEmpty { delays = after.inletDelays + after.delays.values.flatMap(\.self).sorted() }
    if !delays.isEmpty {
      isAtRest = false
      notes += delays.map { "Not at rest: \($0)." }
    } else if !isAtRest {
      notes.append("Not at rest: entries came in during the audit.")
    }
    if !isAtRest { notes.append("What was not at rest got only the checks that hold at any time.") }
  }
}
