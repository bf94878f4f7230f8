import Doors
import Foundation
import Keys
import Lanes
import Market
import Redis
import Workers

/// Puts a backup into an empty Redis, on any number of servers.
///
/// The copies of several servers are of different moments, and even in one of them an inlet can have passed on entries
/// that it has not yet noted as read. So the inlets go back to where they were before the first copy, and whatever has
/// happened of that is noted as done: nothing is lost, and nothing happens twice.
package struct Restoration {
  /// What was done.
  package struct Summary: Sendable {
    package internal(set) var keys = 0
    /// Entries of inlets that are read again, and how many of them had happened.
    package internal(set) var reread = 0
    package internal(set) var done = 0
    /// How far ahead the next ids are.
    package internal(set) var leap = 0
    /// The last event: its position, type and shard.
    package internal(set) var last: (moment: Moment, type: String, shard: Shard)?
  }

  /// Ids that a door can have given in a second: more than a Redis can take in. And what it gives in any case.
  private static let idsPerSecond = 10_000
  private static let idsAtLeast = 1_000_000
  /// The largest difference between the clocks of servers, in milliseconds.
  private static let slack = 60_000
  /// Longer than a process works before it looks whether the data is being restored.
  private static let grace = Duration.seconds(3)

  private let backup: StoredBackup
  private let begun: Moment
  private let redis: RedisDeployment

  package init(_ backup: StoredBackup, to redis: RedisDeployment) throws {
    guard let begun = backup.begun else {
      throw BackupError("\(backup.folder.path) does not say when it began.")
    }
    self.backup = backup
    self.begun = begun
    self.redis = redis
  }

  /// Restores it. Throws `BackupError` if Redis is not empty, or if a process of the system still runs.
  ///
  /// If it is interrupted, nothing can work on what is there, and running it again begins from scratch.
  ///
  /// - Parameters:
  ///   - open: Calls its second argument with a connection to a server that has loaded a file.
  ///   - onProgress: Called with the number of copied keys.
  package func run(
    open: (URL, (RedisConnection) throws -> Void) throws -> Void,
    onProgress: @escaping (Int) -> Void = { _ in }
  ) throws -> Summary {
    let link = try redis.connect()
    try claim(link)
    var summary = Summary()
    for file in backup.files {
      try open(file) { source in
        let before = summary.keys
        var copy = KeyCopy(from: source, to: link, isWanted: Self.isWanted)
        summary.keys += try copy.run { onProgress(before + $0) }
      }
    }
    try settle(link, &summary)
    try Restored.finish(on: link)
    return summary
  }

  // MARK: Before

  /// Makes sure that nothing and nobody is there, and that nobody begins to work before it is finished.
  private func claim(_ link: any RedisLink) throws {
    if let other = try Restored(on: link), other.isUnderway {
      // All that is there comes from a restore that was interrupted.
      _ = try link.eachMaster { (_, master) throws(RedisError) in try master.call("FLUSHDB") }
    }
    try requireNobody(link, besides: 0)
    _ = try Restored.begin(upTo: begun, at: link.now(), on: link)
    // Whoever started just before that sees it by then, and ends.
    Thread.sleep(forTimeInterval: Self.grace.seconds)
    try requireNobody(link, besides: 1)
  }

  private func requireNobody(_ link: any RedisLink, besides known: Int) throws {
    let members = try Fleet(on: link).members
    if !members.isEmpty {
      let names = members.map(\.name).sorted().prefix(10).joined(separator: ", ")
      throw BackupError(
        "Stop every worker and ingress first: \(names) \(members.count == 1 ? "is" : "are") alive, or ended in the last 10 s."
      )
    }
    let keys = try link.eachMaster { (_, master) throws(RedisError) in
      try master.call("DBSIZE").integer ?? 0
    }.reduce(0, +)
    guard keys <= known else {
      throw BackupError(
        """
        This Redis is not empty, it has \(keys) keys, and a backup replaces everything: name an empty one, or, if \
        nothing in it is worth keeping, empty it with redis-cli FLUSHALL.
        """)
    }
  }

  /// Whether to restore a key. What processes noted of themselves is not of the data.
  static func isWanted(_ key: String) -> Bool {
    if key == Key.rebuildLock || key == Key.epoch { return false }
    return !["lease", "attempts", "replicas"].contains(Keyspace.Name(key).kind)
  }

  // MARK: After

  private func settle(_ link: any RedisLink, _ summary: inout Summary) throws {
    let shards = try link.shardCount()
    guard shards == backup.manifest.shards else {
      throw BackupError(
        "\(Key.shardCount) is \(shards), but the backup is of \(backup.manifest.shards) shards.")
    }
    try settleInlets(among: shards, link, &summary)
    let seconds = max(0, begun.distance(to: try link.now())) / 1000
    summary.leap = Self.idsAtLeast + Self.idsPerSecond * seconds
    for entity in Entity.allCases {
      try link.call("INCRBY", Key.counter(entity), "\(summary.leap)")
    }
    for shard in (0..<shards).map({ Shard($0) }) {
      let newest = try link.call("XREVRANGE", Key.journal(of: shard), "+", "-", "COUNT", "1")
      guard let entry = newest[0].flatMap({ StreamEntry($0) }) else { continue }
      if summary.last.map({ $0.moment < entry.id.moment }) ?? true {
        summary.last = (entry.id.moment, entry.shown["type"] ?? "?", shard)
      }
    }
  }

  /// Moves the inlets' lanes back, and notes the outcomes of what had happened nevertheless.
  private func settleInlets(among shards: Int, _ link: any RedisLink, _ summary: inout Summary) throws {
    var names: Set<[UInt8]> = []
    var first: EntryID?
    for worker in DecidingWorker.allCases {
      let start = try rewind(InletCursor(worker), link)
      let inlet = Key.inlet(worker)
      try link.readPages(of: inlet, from: start) { (page) throws(RedisError) in
        for entry in page where entry.id > start {
          if first.map({ entry.id < $0 }) ?? true { first = entry.id }
          guard let fields = try? entry.fields(),
            let name = try? CommandName.entry(fields, id: "\(entry.id)", inlet: inlet)
          else { continue }
          names.insert(Array(name.utf8))
        }
      }
    }
    summary.reread = names.count
    guard let first, !names.isEmpty else { return }
    let since = EntryID(
      milliseconds: first.moment.advanced(by: -Self.slack).milliseconds, sequence: 0)
    for shard in (0..<shards).map({ Shard($0) }) {
      summary.done += try noteOutcomes(of: names, since: since, in: shard, link)
    }
  }

  /// Sets a lane back to where it was when the backup began, if it has read further. Returns where it is.
  private func rewind(_ inlet: InletCursor, _ link: any RedisLink) throws(RedisError) -> EntryID {
    let stored = try link.call("HGET", inlet.key, inlet.stream).string
    guard let stored, let position = Self.position(stored) else { return .zero }
    guard let noted = backup.manifest.inlets[inlet.worker.rawValue], let earlier = Self.position(noted),
      earlier < position
    else { return position }
    try link.call("HSET", inlet.key, inlet.stream, noted)
    let words = noted.split(separator: " ").map(String.init)
    if words.count == 2 {
      try link.call(
        "XGROUP", "SETID", inlet.stream, inlet.worker.rawValue, words[0], "ENTRIESREAD", words[1])
    }
    return earlier
  }

  private static func position(_ cursor: String) -> EntryID? {
    cursor.split(separator: " ").first.flatMap { EntryID($0) }
  }

  /// Notes the outcomes of commands whose records have expired since, or would before the inlet comes to them. Returns
  /// how many of the commands have happened.
  ///
  /// What a shard has only been given is decided once, and then has a record.
  private func noteOutcomes(
    of names: Set<[UInt8]>, since start: EntryID, in shard: Shard, _ link: any RedisLink
  ) throws(RedisError) -> Int {
    var records: [(commandid: String, record: CommandRecord)] = []
    var places: [[UInt8]: Int] = [:]
    try link.readPages(of: Key.journal(of: shard), from: start) { (page) throws(RedisError) in
      for entry in page {
        guard let fields = try? entry.fields(), let event = try? Event(fields: fields),
          let sender = event.caller ?? event.asker, names.contains(Array(sender.commandid.utf8))
        else { continue }
        // One that is only passed on has no outcome yet.
        let outcome =
          event.caller == nil ? "" : Outcome(of: event, view: ["id": fields["id"] ?? ""]).packed
        let record = CommandRecord(nil, outcome: outcome)
        if let place = places[Array(sender.commandid.utf8)] {
          records[place].record = record
        } else {
          places[Array(sender.commandid.utf8)] = records.count
          records.append((sender.commandid, record))
        }
      }
    }
    try link.askEach(records) {
      RESPWords(
        "SET", Key.operation($0.commandid, in: shard), $0.record.stored, "NX", "PX",
        "\(CommandRecord.lifetime)")
    } _: { (_, reply) throws(RedisError) in
      try reply.get()
    }
    try link.askEach(records) {
      RESPWords("PEXPIRE", Key.operation($0.commandid, in: shard), "\(CommandRecord.lifetime)")
    } _: { (_, reply) throws(RedisError) in
      try reply.get()
    }
    return records.count
  }
}
