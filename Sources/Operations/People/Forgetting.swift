import Foundation
import Keys
import Lanes
import Market
import Redis
import Workers

/// Forgets a person: in everything that has ended, a stand-in takes their place.
///
/// What the workers decide by is changed by the workers themselves, with an event each, so that an audit and a rebuild
/// come to the same. It can be interrupted at any point and repeated.
package struct Forgetting {
  /// Why a person cannot be forgotten yet, and what to do about it.
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// What was done.
  package struct Report: Sendable {
    /// How many reservations, trades and stocks named the person.
    package fileprivate(set) var items = 0
    package fileprivate(set) var notices = 0
    package fileprivate(set) var records = 0
    package fileprivate(set) var letters = 0
    /// What still names the person: workers did not answer in time, or do not decide it.
    package fileprivate(set) var left: [String] = []

    package var isNothing: Bool { items + notices + records + letters == 0 && left.isEmpty }
  }

  private let connection: any RedisLink
  private let userid: String
  private let folder: ArchiveFolder?
  private let traces: PersonTraces

  package init(_ userid: String, on connection: any RedisLink, archive folder: ArchiveFolder?) {
    (self.userid, self.connection, self.folder) = (userid, connection, folder)
    traces = PersonTraces(of: userid, on: connection)
  }

  /// Forgets the person. Throws a `Refusal` while something of theirs is under way. The caller holds the `RebuildLock`.
  ///
  /// - Parameter patience: how long to wait for the workers.
  package func run(waiting patience: Duration) throws -> Report {
    guard ActingUser.isUserid(userid) else {
      throw Refusal(description: "“\(userid.printable)” is nobody's id.")
    }
    let format = try connection.writtenFormat()
    guard format >= 2 else {
      throw Refusal(
        description: """
          The data has format \(format), in which nobody can be forgotten: the oldest release in use could not read it. \
          Upgrade all replicas; handover format says which ones are behind, and raises it.
          """)
    }
    var found: [PersonTraces.Trace] = []
    try traces.each { found.append($0) }
    let obstacles = obstacles(in: found)
    guard obstacles.isEmpty else {
      throw Refusal(
        description: "What is under way has to end first:\n"
          + obstacles.map { "  \($0)" }.joined(separator: "\n"))
    }
    var report = Report()
    report.items = found.count
    if !found.isEmpty {
      OperatorLog.note(.forget, OperatorLog.person(userid), on: connection)
      try ask(found)
      report.left = try wait(patience)
    }
    report.notices = try removeNotices()
    report.records = try changeRecords()
    report.letters = try dropLetters()
    guard report.left.isEmpty else { return report }
    if !report.isNothing {
      // The clock is read in whole seconds.
      let now = try connection.time(at: Key.forgotten) + 999
      try connection.call("HSET", Key.forgotten, ForgottenPeople.digest(of: userid), "\(now)")
      OperatorLog.note(
        .forget, OperatorLog.person(userid),
        result: "\(report.items) items, \(report.notices) notices, \(report.records) records", on: connection)
    }
    return report
  }

  /// Returns what has to end first, one line each.
  private func obstacles(in found: [PersonTraces.Trace]) -> [String] {
    var lines: [String] = []
    // A stock follows its listing.
    var told: Set<Int> = []
    for trace in found where trace.entity == .trade { told.insert(trace.productid) }
    for trace in found {
      switch trace.entity {
      case .reserve:
        guard let reservation = try? Reservation(fields: trace.fields) else {
          lines.append("reservation \(trace.id) cannot be read: run handover audit.")
          continue
        }
        if !reservation.isSettled {
          lines.append(
            "reservation \(trace.id) is \(reservation.status.rawValue): cancel it, or complete its deal (PUT /reserves/\(trace.id)/reservecancel)."
          )
        }
      case .trade:
        guard let listing = try? Listing(fields: trace.fields) else {
          lines.append("trade \(trace.id) cannot be read: run handover audit.")
          continue
        }
        if listing.closed == nil {
          lines.append("trade \(trace.id) is open: end it (DELETE /trades/\(trace.id)).")
        }
      case .inventory:
        if !told.contains(trace.productid), trace.fields["id"] != nil {
          lines.append(
            "inventory \(trace.id) is left without a listing: withdraw it (DELETE /inventories/\(trace.id)).")
        }
      }
    }
    return lines.sorted()
  }

  /// Asks the workers, each for its own things. A stock hears of it from its listing.
  private func ask(_ found: [PersonTraces.Trace]) throws {
    try connection.askEach(found.filter { $0.entity != .inventory }) { trace in
      let worker: DecidingWorker = trace.entity == .reserve ? .reservation : .trade
      var words = RESPWords("XADD", Key.commands(worker, in: trace.shard), "*")
      for (name, value) in ForgetUser(id: trace.id, productid: trace.productid, userid: userid).fields {
        words.add(name)
        words.add(value)
      }
      return words
    } _: { (_, reply) throws(RedisError) in
      try reply.get()
    }
  }

  /// Waits until nothing names the person, and returns what does then.
  private func wait(_ patience: Duration) throws -> [String] {
    let deadline = ContinuousClock.now + patience
    while true {
      var left: [String] = []
      try traces.each { left.append("\($0.entity.rawValue) \($0.id)") }
      if try connection.call("ZCARD", Key.mypage(of: userid)).integer ?? 0 > 0 { left.append("my page") }
      if left.isEmpty || ContinuousClock.now > deadline { return left.sorted() }
      Thread.sleep(forTimeInterval: 0.2)
    }
  }

  /// Removes the person's notices, also from the lists of the newest ones.
  private func removeNotices() throws -> Int {
    let key = Key.notices(of: userid)
    let count = try connection.call("HLEN", key).integer ?? 0
    if count > 0 { try connection.call("DEL", key) }
    for shard in (0..<(try connection.shardCount())).map({ Shard($0) }) {
      let list = Key.notices(of: shard)
      for name in try connection.call("LRANGE", list, "0", "-1").compactMap(\.string) {
        if traces.isMeant(NoticeID(name)?.userid) { try connection.call("LREM", list, "0", name) }
      }
    }
    return count
  }

  /// Returns a record without the person; nil if it does not name them.
  private func changed(_ record: ArchiveRecord) -> ArchiveRecord? {
    let isBuyer = record.entity == .reserve && traces.isMeant(record.record["userid"])
    var other = record
    other.record = Fields(
      record.record.map { name, value in
        if ["userid", "seller"].contains(name), traces.isMeant(value) { return (name, Forgotten.user) }
        return (name, isBuyer && name == "address" ? "" : value)
      })
    return other == record ? nil : other
  }

  private func changeRecords() throws -> Int {
    var count = try folder?.rewrite(changed) ?? 0
    for shard in (0..<(try connection.shardCount())).map({ Shard($0) }) {
      let key = Key.archive(of: shard)
      // What is added meanwhile comes last, and does not name the person.
      let last = try connection.call("XREVRANGE", key, "+", "-", "COUNT", "1")[0]?[0]?.string.flatMap {
        EntryID($0)
      }
      guard let last else { continue }
      var others: [ArchiveRecord] = []
      try connection.eachArchived(of: shard) { record in
        if record.entry <= last, let other = changed(record) { others.append(other) }
      }
      for other in others {
        var words = RESPWords(
          "EVALSHA", try connection.digest(of: Self.replacement), "1", key, "\(other.entry)")
        for (name, value) in other.fields {
          words.add(name)
          words.add(value)
        }
        count += try connection.call(words).integer ?? 0
      }
    }
    return count
  }

  /// Replaces an entry of an archive, in one step: entries cannot be changed.
  ///
  /// `KEYS`: the stream; `ARGV`: the entry's id, the fields of the one that takes its place.
  private static let replacement = Script(
    """
    if redis.call('XDEL',KEYS[1],ARGV[1])==0 then return 0 end
    redis.call('XADD',KEYS[1],'*',unpack(ARGV,2))
    return 1
    """)

  /// Drops the dead letters that name the person: nobody can want them sent again.
  private func dropLetters() throws -> Int {
    let office = try DeadLetterOffice(connection)
    var named: [DeadLetter] = []
    try office.eachPage { letters in
      named += letters.filter { letter in
        letter.fields.contains { !Personal.isPlain($0.name) && traces.isMeant($0.value) }
      }
    }
    for letter in named { try office.drop(letter) }
    return named.count
  }
}

extension OperatorLog {
  /// A person in the operators' log, which must not name one who was forgotten: the same for the same person.
  package static func person(_ userid: String) -> String {
    "person \(ForgottenPeople.digest(of: userid).prefix(12))"
  }
}
