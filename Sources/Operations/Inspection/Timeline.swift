import Keys
import Lanes
import Market
import Redis

/// Everything that happened to one reservation, listing or product: commands, events and notices, in order.
package struct Timeline: Sendable {
  /// The kind of item that a timeline is about.
  package enum Subject: String, CaseIterable, Sendable { case reserve, trade, product }

  package enum Kind: String, Sendable { case command, event, notice, archive }

  package struct Moment: Sendable {
    package let kind: Kind
    package let line: JournalLine
    /// Who did it: a door, or a worker.
    package let way: String
    /// The verified user whom the door named, if any.
    package var user: String?
    /// What it says. Of a notice: `to`, the user, and `message`.
    package let facts: Fields

    /// Who did it, and through which door.
    package var actor: String { user.map { "\($0) by \(way)" } ?? way }

    package var text: String {
      if kind == .notice { return "to \(facts["to"] ?? ""): \(facts["message"] ?? "")" }
      return facts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
  }

  package private(set) var moments: [Moment] = []
  package private(set) var productid: Int

  private static let page = 1000

  /// Reads the timeline of an item, also of one that has left for the archive. Throws `NotFound` if the item is not
  /// known.
  ///
  /// - Parameter folder: where records are looked up that are no longer in Redis.
  package init(
    of subject: Subject, _ id: Int, _ connection: any RedisLink, archive folder: ArchiveFolder? = nil
  ) throws {
    let shards = try connection.shardCount()
    let entity: Entity? = subject == .product ? nil : subject == .reserve ? .reserve : .trade
    productid = id
    if let entity {
      guard let owner = try connection.product(of: entity, id: id) else {
        throw NotFound("\(subject.rawValue) \(id)")
      }
      productid = owner
    }
    let shard = Shard.of(productid: productid, among: shards)
    if let entity, let item = try ArchivedItem(entity, id, connection, in: folder) {
      moments = Self.moments(of: item)
    }
    var commandids: Set<String> = []
    // The seller of the product; until the journal names one, the last known seller.
    var seller = try connection.call("GET", Key.seller(of: productid, in: shard)).string.map {
      SellerOfProduct(packed: $0).userid
    }
    try Self.eachLine(of: Key.journal(of: shard), shard, connection) { (line) throws(RedisError) in
      let event = try? Event(fields: line.fields)
      if case .listing(.tradeListed, let listing) = event?.fact, listing.productid == productid {
        seller = listing.userid
      }
      guard isAbout(line, subject, id, commandOf: nil) else { return }
      moments.append(Moment(kind: .event, line: line, way: line.worker, facts: line.summary))
      if let commandid = line.fields["commandid"] { commandids.insert(commandid) }
      for (role, userid) in [(DealRole.buyer, event?.buyer), (.seller, event?.seller ?? seller)] {
        guard let userid else { continue }
        let notice = NoticeID(of: line.id, in: shard, to: userid, as: role)
        let stored = try connection.call("HGET", Key.notices(of: userid), notice.own).string
        guard let message = stored.flatMap({ notice.fields(stored: $0)?["message"] }) else { continue }
        moments.append(
          Moment(
            kind: .notice, line: line, way: "notification", facts: ["to": userid, "message": message]))
      }
    }
    for worker in DecidingWorker.allCases {
      try Self.eachLine(of: Key.commands(worker, in: shard), shard, connection) { line in
        if let timer = try? Timer(fields: line.fields), isAbout(timer, subject, id) {
          moments.append(Moment(kind: .command, line: line, way: "clock", facts: ["timer": timer.member]))
          return
        }
        guard isAbout(line, subject, id, commandOf: worker) || commandids.contains(line.commandid) else {
          return
        }
        // A code is between buyer and seller.
        let facts = line.fields.pairs.filter {
          !["type", "productid", "replyto", "actor", "code", CommandDigest.field].contains($0.name)
        }
        // What no door lets in comes from an operator.
        let isReplay = ReplayedEvent.isOne(line.fields) || line.type == ForgetUser.type
        moments.append(
          Moment(
            kind: .command, line: line, way: isReplay ? "operator" : line.way,
            user: isReplay ? nil : line.fields["actor"], facts: Fields(facts)))
      }
    }
    // A command comes before its events, an event before its notices.
    moments.sort { ($0.line.id, $0.kind.order) < ($1.line.id, $1.kind.order) }
  }

  /// When it ended and left, with all that was stored of it.
  private static func moments(of item: ArchivedItem) -> [Moment] {
    func moment(_ id: EntryID, _ type: String, _ facts: Fields) -> Moment {
      let line = JournalLine(shard: item.shard, id: id, fields: ["type": type])
      return Moment(kind: .archive, line: line, way: "archive", facts: facts)
    }
    guard let record = item.record else {
      let day = Market.Moment("\(item.day)T00:00:00.000Z") ?? .unknown
      return [moment(EntryID(milliseconds: day.milliseconds, sequence: 0), "archived", [:])]
    }
    let ended = record.endedAt.map {
      moment(EntryID(milliseconds: $0.milliseconds, sequence: 0), "ended", [:])
    }
    return [ended, moment(record.entry, "archived", record.record)].compactMap(\.self)
  }

  private func isAbout(
    _ line: JournalLine, _ subject: Subject, _ id: Int, commandOf worker: DecidingWorker?
  ) -> Bool {
    guard line.fields["productid"] == "\(productid)" else { return false }
    let text = "\(id)"
    switch (subject, worker) {
    case (.product, _): return true
    case (.reserve, .reservation), (.trade, .trade): return line.fields["id"] == text
    case (.reserve, .trade): return line.fields["reserveid"] == text
    case (.reserve, nil): return line.reserveid == text
    case (.trade, nil): return line.tradeid == text
    case (.reserve, .stock), (.trade, .reservation), (.trade, .stock): return false
    }
  }

  private func isAbout(_ timer: Timer, _ subject: Subject, _ id: Int) -> Bool {
    guard timer.productid == productid else { return false }
    switch subject {
    case .product: return true
    case .trade: return [.listing, .ended].contains(timer.kind) && timer.id == id
    case .reserve: return timer.kind != .listing && timer.id == id
    }
  }

  /// Passes all entries of a stream to `body`, read page by page.
  private static func eachLine(
    of stream: String, _ shard: Shard, _ connection: any RedisLink,
    _ body: (JournalLine) throws(RedisError) -> Void
  ) throws(RedisError) {
    var start = "-"
    while true {
      var ask = Commands()
      ask.add("XRANGE", stream, start, "+", "COUNT", "\(page)")
      guard let entries = try connection.exchange(ask).first?.get(of: stream) else { return }
      for entry in entries {
        guard let line = JournalLine(shard: shard, entry: entry) else { continue }
        try body(line)
        start = "(\(line.id)"
      }
      if entries.count < page { return }
    }
  }
}

extension Timeline.Kind {
  fileprivate var order: Int {
    switch self {
    case .command: 0
    case .event: 1
    case .notice: 2
    case .archive: 3
    }
  }
}
