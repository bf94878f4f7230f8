import Keys
import Lanes
import Market
import Redis

/// Everything that happened to one reservation, listing or product: commands, events and notices, in order.
package struct Timeline: Sendable {
  /// The kind of item that a timeline is about.
  package enum Subject: String, CaseIterable, Sendable { case reserve, trade, product }

  package enum Kind: String, Sendable { case command, event, notice }

  package struct Moment: Sendable {
    package let kind: Kind
    package let line: JournalLine
    /// Who did it: a user or a trusted sender with the door, or a worker.
    package let actor: String
    package let text: String
  }

  package private(set) var moments: [Moment] = []
  package private(set) var productid: Int

  private static let page = 1000

  /// Reads the timeline of an item. Throws `NotFound` if the item is not known.
  package init(of subject: Subject, _ id: Int, _ connection: any RedisLink) throws {
    let shards = try connection.shardCount()
    let entity: Entity? = subject == .product ? nil : subject == .reserve ? .reserve : .trade
    productid = id
    if let entity {
      let found = try connection.call("GET", Key.directory(entity, id: id)).string
      guard let owner = found.flatMap({ DirectoryEntry($0) }) else {
        throw NotFound("\(subject.rawValue) \(id)")
      }
      productid = owner.productid
    }
    let shard = Shard.of(productid: productid, among: shards)
    var commandids: Set<String> = []
    // The seller of the product; until the journal names one, the last known seller.
    var seller = try connection.call("GET", Key.seller(of: productid, in: shard)).string
    for line in try Self.lines(of: Key.journal(of: shard), shard, connection) {
      let event = try? Event(fields: line.fields)
      if case .listing(.tradeListed, let listing) = event?.fact, listing.productid == productid {
        seller = listing.userid
      }
      guard isAbout(line, subject, id, commandOf: nil) else { continue }
      moments.append(Moment(kind: .event, line: line, actor: line.worker, text: line.summary))
      if let commandid = line.fields["commandid"] { commandids.insert(commandid) }
      for (role, userid) in [(DealRole.buyer, event?.buyer), (.seller, event?.seller ?? seller)] {
        guard let userid else { continue }
        let notice = NoticeID(of: line.id, in: shard, to: userid, as: role)
        let stored = try connection.call("HGET", Key.notices(of: userid), notice.own).string
        guard let message = stored.flatMap({ notice.fields(stored: $0)?["message"] }) else { continue }
        moments.append(
          Moment(kind: .notice, line: line, actor: "notification", text: "to \(userid): \(message)"))
      }
    }
    for worker in DecidingWorker.allCases {
      for line in try Self.lines(of: Key.commands(worker, in: shard), shard, connection)
      where isAbout(line, subject, id, commandOf: worker) || commandids.contains(line.commandid) {
        let text = line.fields.pairs.filter {
          !["type", "productid", "replyto", "actor", CommandDigest.field].contains($0.name)
        }
        .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        let actor = ReplayedEvent.isOne(line.fields) ? "operator" : line.sender
        moments.append(Moment(kind: .command, line: line, actor: actor, text: text))
      }
    }
    // A command comes before its events, an event before its notices.
    moments.sort { ($0.line.id, $0.kind.order) < ($1.line.id, $1.kind.order) }
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

  /// Returns all entries of a stream, read page by page.
  private static func lines(
    of stream: String, _ shard: Shard, _ connection: any RedisLink
  ) throws(RedisError) -> [JournalLine] {
    var lines: [JournalLine] = []
    var start = "-"
    while true {
      var ask = Commands()
      ask.add("XRANGE", stream, start, "+", "COUNT", "\(page)")
      guard let entries = try connection.exchange(ask).first?.get(of: stream) else { return lines }
      for entry in entries {
        guard let line = JournalLine(shard: shard, entry: entry) else { continue }
        lines.append(line)
        start = "(\(line.id)"
      }
      if entries.count < page { return lines }
    }
  }
}

extension Timeline.Kind {
  fileprivate var order: Int {
    switch self {
    case .command: 0
    case .event: 1
    case .notice: 2
    }
  }
}
