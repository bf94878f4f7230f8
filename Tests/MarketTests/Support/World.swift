import Testbed

@testable import Market

/// One shard with its three workers, each at its own pace.
struct World {
  /// An entry of a worker's commands.
  enum Asked {
    case command(Command, Caller)
    case time(Timer)
    case forget(ForgetUser, Caller)
  }

  private(set) var journal = Log<Fields>()
  private(set) var commands: [DecidingWorker: Log<Asked>] = [:]
  private(set) var reservations: Lane<ReservationDecider>
  private(set) var trades: Lane<TradeDecider>
  private(set) var stocks: Lane<StockDecider>
  let policy: Policy
  /// How long what has ended is kept, in milliseconds; nil for ever.
  let keepEnded: Int?
  /// The clocks of the workers: what is due when.
  private(set) var timers: [DecidingWorker: Set<Timer>] = [:]
  /// The timers that have come.
  private var come: [(worker: DecidingWorker, timer: Timer)] = []
  /// The outcomes of each command.
  private(set) var outcomes: [String: [Outcome]] = [:]
  var laws = Laws()
  /// Whether stored states are read back at every commit.
  var checksCodec = false
  private(set) var now = Moment(milliseconds: 1_795_000_000_000)
  private var asked = 0
  /// How many reads, commits and crashes there were.
  private(set) var steps = 0

  init(under policy: Policy = .timeless, keepEnded: Int? = nil) {
    self.policy = policy
    self.keepEnded = keepEnded
    reservations = Lane(ReservationDecider.self, under: policy)
    trades = Lane(TradeDecider.self, under: policy)
    stocks = Lane(StockDecider.self, under: policy)
  }

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
    commands[worker, default: Log()].append(.command(command, caller), at: now.milliseconds)
    return caller.commandid
  }

  /// Asks both workers that know of people to forget one in a reservation or in a trade.
  mutating func forget(
    _ userid: String, inReservation reserveid: Int, orTrade tradeid: Int, of productid: Int
  ) {
    asked += 1
    let caller = Caller(commandid: "c\(asked)", replyto: "door")
    for (worker, id) in [(DecidingWorker.reservation, reserveid), (.trade, tradeid)] {
      let asked = ForgetUser(id: id, productid: productid, userid: userid)
      commands[worker, default: Log()].append(.forget(asked, caller), at: now.milliseconds)
    }
  }

  mutating func wait(_ milliseconds: Int) { now = now.advanced(by: milliseconds) }

  /// When a timer comes back; nil if it never does.
  private func comes(_ timer: Timer) -> Moment? {
    timer.kind == .ended ? keepEnded.map { timer.due.advanced(by: $0) } : timer.due
  }

  /// Lets what is due come back to its worker, the earliest first.
  mutating func tick() {
    for worker in DecidingWorker.allCases {
      let due = timers[worker, default: []].filter { timer in comes(timer).map { $0 <= now } ?? false }
      for timer in due.sorted(by: { ($0.due, $0.member) < ($1.due, $1.member) }) {
        timers[worker]?.remove(timer)
        come.append((worker, timer))
        commands[worker, default: Log()].append(.time(timer), at: now.milliseconds)
      }
    }
  }

  /// Lets a timer come once more, as after a crash between two of its writes: it must mean nothing.
  mutating func repeatTimer(_ random: inout SplitMix64) {
    guard let (worker, timer) = come.randomElement(using: &random) else { return }
    commands[worker, default: Log()].append(.time(timer), at: now.milliseconds)
  }

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
    case .trade:
      let policy = policy
      trades = try committed(trades) { try $0.check(trade: $3, after: $2, under: policy) }
    case .stock: stocks = try committed(stocks) { try $0.check(stock: $3.stock) }
    }
  }

  private mutating func committed<Rules: Decider>(
    _ lane: Lane<Rules>, check: (inout Laws, Input<Rules.Command>, [Event], Rules.State) throws -> Void
  ) throws -> Lane<Rules> {
    var lane = lane
    let changes = try lane.commit(checkingCodec: checksCodec) { input, events, state in
      try check(&laws, input, events, state)
      try laws.check(seenBy: input, events)
      try laws.check(sentBy: input, events, seller: seller(in: state))
      for event in events {
        try laws.check(said: event)
        journal.append(event.fields, at: now.milliseconds)
        guard let caller = event.caller else { continue }
        try require(caller.replyto == "door", "\(event) forgot where to answer")
        outcomes[caller.commandid, default: []].append(
          Rules.outcome(of: event, for: input.entity, state: state))
      }
    }
    for change in changes {
      timers[Rules.worker, default: []].subtract(change.canceled)
      timers[Rules.worker, default: []].formUnion(change.set)
    }
    return lane
  }

  private func seller(in state: any Stored) -> String? {
    (state as? ProductStock)?.seller ?? (state as? ProductTrade)?.listing?.userid
  }

  /// Returns what the buyer of a running deal is shown; of the product's first one if `reserveid` is nil.
  func code(_ productid: Int, _ reserveid: Int?) -> String? {
    let running = trades.state(productid).running
    guard let deal = running[reserveid ?? running.keys.min() ?? 0] else { return nil }
    return policy.codes?.code(of: deal.deal.reserveid, arrived: deal.waiting.arrived)
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

  /// Lets time pass until nothing more is due but the reminders of listings, which go on for ever.
  mutating func liveOn() throws {
    try settle()
    while let next = timers.values.joined().filter({ $0.kind != .listing }).compactMap(comes).min() {
      now = max(now, next)
      tick()
      try settle()
    }
  }

  /// Lets a random worker do a random step: read, commit, or crash in between.
  mutating func stumble(_ random: inout SplitMix64) throws {
    steps += 1
    let worker = DecidingWorker.allCases[Int.random(in: 0..<3, using: &random)]
    switch Int.random(in: 0..<16, using: &random) {
    case 0: crash(worker)
    case 1..<8: try read(worker, count: Int.random(in: 1...4, using: &random))
    default: try commit(worker)
    }
    wait(random.oneIn(150) ? Int.random(in: 1...200, using: &random) : Int.random(in: 0...1, using: &random))
    if random.oneIn(4) { tick() }
    if random.oneIn(60) { repeatTimer(&random) }
  }
}

extension Input {
  /// What its command names by its id.
  fileprivate var entity: Entity {
    if case .command(let command, _) = self { command.kind.entity } else { .trade }
  }
}
