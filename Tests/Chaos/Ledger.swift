import Doors
import Keys
import Lanes
import Market
import Operations
import Redis

/// What Redis holds at the end: all commands, their outcomes, and the dead letters.
struct Ledger {
  struct Command {
    let stream: String
    let position: EntryID
    let fields: Fields

    var id: Int { fields["id"].flatMap { Int($0) } ?? 0 }
    var productid: Int { fields["productid"].flatMap { Int($0) } ?? 0 }
    var kind: CommandKind? { fields["type"].flatMap(CommandKind.init(rawValue:)) }
  }

  /// An entry of an inlet.
  struct Request: Sendable {
    let position: EntryID
    let commandid: String
    /// Its content, without its command id.
    let content: String
    /// Whether it was removed before its worker had read it.
    var isRemoved = false
    var isUnread = false

    init(_ entry: StreamEntry, in inlet: String) {
      let fields = entry.shown
      position = entry.id
      // An entry with an invalid command id never becomes a command.
      commandid = (try? CommandName.entry(fields, id: "\(position)", inlet: inlet)) ?? ""
      content = fields.filter { $0.name != "commandid" }.map { "\($0.name)=\($0.value)" }.joined(
        separator: " ")
    }
  }

  struct Ending {
    let event: Event
    let position: EntryID

    /// Why the command was refused; nil if it was carried out.
    var refusal: String? {
      if case .rejected(let rejection) = event.fact { rejection.refusal.rawValue } else { nil }
    }
  }

  struct Place: Hashable {
    let stream: String
    let position: EntryID
  }

  struct Thing: Hashable {
    let entity: Entity
    let id: Int
  }

  /// The commands by command id, in the order of the shard's stream.
  private(set) var commands: [String: [Command]] = [:]
  private(set) var endings: [String: [Ending]] = [:]
  /// The first command under each command id, in order, by stream.
  private(set) var arrivals: [String: [Command]] = [:]
  /// Reservations in the order in which they were completed, by shard.
  private(set) var reserved: [Shard: [Int]] = [:]
  /// The events that created each item.
  private(set) var made: [Thing: [(productid: Int, fields: Fields, commandid: String)]] = [:]
  /// When the first command came that makes an item, carried out or not.
  private var makers: [Thing: EntryID] = [:]
  /// The reasons for which an entry was put aside, one for each time.
  private(set) var letters: [Place: [String]] = [:]
  /// The command ids of an inlet's entries.
  private(set) var inlets: [DecidingWorker: [Request]] = [:]
  /// How often a command was refused because its id belongs to another one.
  private(set) var reused: [String: Int] = [:]
  private(set) var finished = 0
  /// How often each timer came due, by shard.
  private var timers: [Shard: [String: Int]] = [:]
  /// How many events of each kind only time can have brought about.
  private(set) var ofTime: [String: Int] = [:]

  static func shards(of connection: any RedisLink) throws -> [Shard] {
    (0..<(try connection.shardCount())).map { Shard($0) }
  }

  init(_ connection: any RedisLink, removed: [DecidingWorker: [Request]]) throws {
    for worker in DecidingWorker.allCases {
      let inlet = Key.inlet(worker)
      try readLetters("{\(inlet)}", on: connection)
      inlets[worker] =
        try (removed[worker] ?? [])
        + connection.entries(of: inlet).map { Request($0, in: inlet) }
    }
    for shard in try Self.shards(of: connection) {
      try readLetters(shard.tag, on: connection)
      for worker in DecidingWorker.allCases {
        let stream = Key.commands(worker, in: shard)
        for entry in try connection.entries(of: stream) {
          let fields = entry.shown
          if Timer.isOne(fields) {
            timers[shard, default: [:]][fields["timer"] ?? "", default: 0] += 1
            continue
          }
          let commandid = fields["commandid"] ?? ""
          let command = Command(stream: stream, position: entry.id, fields: fields)
          if commands[commandid] == nil { arrivals[stream, default: []].append(command) }
          commands[commandid, default: []].append(command)
          if let kind = command.kind, kind.creates {
            let thing = Thing(entity: kind.entity, id: command.id)
            makers[thing] = min(makers[thing] ?? entry.id, entry.id)
          }
        }
      }
      for entry in try connection.entries(of: Key.journal(of: shard)) {
        let fields = try entry.fields()
        let event = try Event(fields: fields)
        if case .deal(let step, let deal) = event.fact {
          if step == .reserveCompleted { reserved[shard, default: []].append(deal.reserveid) }
          if step == .tradeCompleted { finished += 1 }
          if Self.isOfTime(step, deal, event.caller) { ofTime[step.rawValue, default: 0] += 1 }
        }
        guard let caller = event.caller else { continue }
        if case .rejected(let rejection) = event.fact, rejection.refusal == .commandIdReused {
          reused[caller.commandid, default: 0] += 1
          continue
        }
        if let thing = event.made {
          made[thing, default: []].append((event.productid, fields, caller.commandid))
        }
        endings[caller.commandid, default: []].append(Ending(event: event, position: entry.id))
      }
    }
  }

  func commandid(ofReserve id: Int?) -> String? {
    id.flatMap { made[Thing(entity: .reserve, id: $0)]?.first?.commandid }
  }

  /// Returns when the first command came that makes the item that a command names; nil if it makes one itself.
  func firstMaker(ofWhat command: Command) -> EntryID? {
    guard let kind = command.kind, !kind.creates else { return nil }
    return makers[Thing(entity: kind.entity, id: command.id)]
  }

  /// Returns why copies of a command were put aside after they had reached their shard.
  func letters(of commandid: String) -> [String] {
    (commands[commandid] ?? []).flatMap { letters[Place(stream: $0.stream, position: $0.position)] ?? [] }
  }

  /// Dead letters of entries whose owners vanished, although nothing here crashes by itself.
  var crashed: [String] {
    letters.filter { $0.value.contains("crashed") }.map { "\($0.key.stream) \($0.key.position)" }.sorted()
  }

  /// Timers that came due more than once.
  var repeatedTimers: [String] {
    timers.flatMap { shard, counts in counts.filter { $0.value > 1 }.map { "\(shard.tag) \($0.key)" } }
      .sorted()
  }

  /// How many timers came due.
  var timerCount: Int { timers.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

  /// Whether only time can have brought about an event.
  private static func isOfTime(_ step: DealStep, _ deal: Deal, _ caller: Caller?) -> Bool {
    switch step {
    case .tradeExpired, .tradeReminded, .reserveArchived: true
    case .tradeRejected: deal.refusal == .waitedTooLong || deal.refusal == .datePassed
    case .tradeCompleted: deal.confirm == .buyer && caller == nil
    case .reserveCompleted, .reserveChanged, .reserveCancelRequested, .reserveCanceled, .reserveDeleted,
      .tradeStarted, .tradeWaiting, .handoverRequested, .tradeCanceled, .cancelRefused, .tradeHandedOver,
      .tradeCalledOff, .tradeRescheduled, .tradeNext, .tradeTermsChanged, .codeRefused, .reserveForgotten:
      false
    }
  }

  private mutating func readLetters(_ tag: String, on connection: any RedisLink) throws {
    for letter in try connection.entries(of: LaneName(worker: "", tag: tag).deadLetters).map(\.shown) {
      guard let position = letter["entry"].flatMap({ EntryID($0) }) else { continue }
      letters[Place(stream: letter["stream"] ?? "", position: position), default: []]
        .append(letter["reason"] ?? "")
    }
  }
}

extension Event {
  /// The item that this event created, if any.
  fileprivate var made: Ledger.Thing? {
    switch fact {
    case .deal(.reserveCompleted, let deal): Ledger.Thing(entity: .reserve, id: deal.reserveid)
    case .listing(.tradeListed, let listing): Ledger.Thing(entity: .trade, id: listing.id)
    case .stock(.stockRegistered, let level): Ledger.Thing(entity: .inventory, id: level.id)
    case .deal, .hold, .listing, .stock, .rejected: nil
    }
  }
}

extension RedisLink {
  /// Returns all entries of a stream.
  fileprivate func entries(of stream: String) throws -> [StreamEntry] {
    var entries: [StreamEntry] = []
    try readPages(of: stream) { entries += $0 }
    return entries
  }
}
