import Testbed

@testable import Market

/// One shard with its three workers, each at its own pace.
struct World {
  struct Asked {
    let command: Command
    let caller: Caller
  }

  private(set) var journal = Log<Fields>()
  private(set) var commands: [DecidingWorker: Log<Asked>] = [:]
  private(set) var reservations = Lane(ReservationDecider.self)
  private(set) var trades = Lane(TradeDecider.self)
  private(set) var stocks = Lane(StockDecider.self)
  /// The outcomes of each command.
  private(set) var outcomes: [String: [Outcome]] = [:]
  var laws = Laws()
  /// Whether stored states are read back at every commit.
  var checksCodec = false
  private var now: UInt64 = 1
  private var asked = 0

  /// Every type and every reason on the journal.
  var told: Set<String> {
    Set(journal.entries.flatMap { [$0.entry["type"], $0.entry["reason"]].compactMap(\.self) })
  }

  /// Sends a command, and returns the id under which its outcome will be.
  @discardableResult
  mutating func ask(_ command: Command, as actor: ActingUser? = nil) -> String {
    asked += 1
    let caller = Caller(commandid: "c\(asked)", replyto: "door", actor: actor)
    let worker = command.kind.worker
    commands[worker, default: Log()].append(Asked(command: command, caller: caller), at: now)
    return caller.commandid
  }

  mutating func wait(_ milliseconds: UInt64) { now += milliseconds }

  func log(_ worker: DecidingWorker) -> Log<Asked> { commands[worker] ?? Log() }

  mutating func read(_ worker: DecidingWorker, count: Int) throws {
    switch worker {
    case .reservation: try reservations.read(journal, log(worker), count: count)
    case .trade: try trades.read(journal, log(worker), count: count)
    case .stock: try stocks.read(journal, log(worker), count: count)
    }
  }

  mutating func crash(_ worker: DecidingWorker) {
    switch worker {
    case .reservation: reservations.crash()
    case .trade: trades.crash()
    case .stock: stocks.crash()
    }
  }

  mutating func commit(_ worker: DecidingWorker) throws {
    switch worker {
    case .reservation: reservations = try committed(reservations) { try $0.check(reservation: $3) }
    case .trade: trades = try committed(trades) { try $0.check(trade: $3, after: $2) }
    case .stock: stocks = try committed(stocks) { try $0.check(stock: $3.stock) }
    }
  }

  private mutating func committed<Rules: Decider>(
    _ lane: Lane<Rules>, check: (inout Laws, Input<Rules.Command>, [Event], Rules.State) throws -> Void
  ) throws -> Lane<Rules> {
    var lane = lane
    try lane.commit(checkingCodec: checksCodec) { input, events, state in
      try check(&laws, input, events, state)
      try laws.check(seenBy: input, events)
      try laws.check(sentBy: input, events, seller: seller(in: state))
      for event in events {
        try laws.check(said: event)
        journal.append(event.fields, at: now)
        guard let caller = event.caller else { continue }
        try require(caller.replyto == "door", "\(event) forgot where to answer")
        outcomes[caller.commandid, default: []].append(
          Rules.outcome(of: event, for: input.entity, state: state))
      }
    }
    return lane
  }

  private func seller(in state: any Stored) -> String? {
    (state as? ProductStock)?.seller ?? (state as? ProductTrade)?.listing?.userid
  }

  var isQuiet: Bool {
    reservations.isQuiet(journal, log(.reservation)) && trades.isQuiet(journal, log(.trade))
      && stocks.isQuiet(journal, log(.stock))
  }

  /// Lets all workers work until there is nothing left to do.
  mutating func settle() throws {
    while !isQuiet {
      for worker in DecidingWorker.allCases {
        try read(worker, count: 16)
        try commit(worker)
        wait(1)
      }
    }
  }

  /// Lets a random worker do a random step: read, commit, or crash in between.
  mutating func stumble(_ random: inout SplitMix64) throws {
    let worker = DecidingWorker.allCases[Int.random(in: 0..<3, using: &random)]
    switch Int.random(in: 0..<16, using: &random) {
    case 0: crash(worker)
    case 1..<8: try read(worker, count: Int.random(in: 1...4, using: &random))
    default: try commit(worker)
    }
    wait(UInt64.random(in: 0...1, using: &random))
  }
}

extension Input {
  /// What its command names by its id.
  fileprivate var entity: Entity {
    if case .command(let command, _) = self { command.kind.entity } else { .trade }
  }
}
