/// Commands on their way to the nodes of a cluster: which go where, what their replies mean, and which have
/// to be sent again. The only place that follows redirections. Does no I/O.
///
/// Use: send each part of `next()` to its node and pass the replies to `take`, or the reason why there are
/// none to `fail`; repeat until `next()` is empty.
///
/// Commands on one key are executed in their order, or get an error reply without being executed. What is
/// between `MULTI` and `EXEC` stays together.
struct SplitPipeline {
  /// Commands for one node, in order.
  struct Part {
    let node: RedisNode
    /// What to send. Each command has one reply.
    let commands: Commands
    /// The digests of the scripts that the commands call.
    let digests: Set<String>
    /// Whether each unit has an `ASKING` before it.
    fileprivate let isAsking: Bool
    fileprivate let units: [Int]
  }

  /// What the replies say about the cluster.
  enum News: Equatable {
    case redirect(Redirect, from: RedisNode)
    /// The node says that the cluster is down.
    case clusterDown(RedisNode)
  }

  /// What is sent and redirected as a whole: a command, or a transaction.
  private struct Unit {
    /// Where it is in the encoded commands.
    var bytes: Range<Int>
    /// The places of its replies.
    var replies: Range<Int>
    var slot: HashSlot?
    /// The key of a command that may follow `ASK`.
    var onlyKey: Range<Int>?
    var digests: [Range<Int>] = []
  }

  private struct Destination: Hashable {
    let node: RedisNode
    let isAsking: Bool
  }

  /// Redirections in a row. More mean that the nodes do not agree with each other.
  static let mostHops = 5

  private let commands: Commands
  private let units: [Unit]
  /// What to send next, in order of the first unit for each destination.
  private var waiting: [(to: Destination, units: [Int])] = []
  /// Redirected units by slot, until all parts that are under way have been answered.
  private var redirected: [HashSlot: [(unit: Int, redirect: Redirect)]] = [:]
  private var underWay = 0
  private var hops = 0

  /// The replies to all commands, once `next()` is empty and unless there is a failure.
  private(set) var replies: [Reply]
  /// Why some commands have no reply. Whether they ran is unknown.
  private(set) var failure: RedisError?
  private(set) var news: [News] = []

  /// Throws if a command cannot be sent: an unknown one, one that every node has to answer, a transaction
  /// over several slots, or any if no node is known.
  ///
  /// - Parameter node: Returns the node for a slot; for nil, the one for commands without a key.
  init(_ commands: Commands, node: (HashSlot?) -> RedisNode?) throws(RedisError) {
    self.commands = commands
    replies = Array(repeating: .null, count: commands.count)
    units = try Self.units(of: commands)
    for (index, unit) in units.enumerated() {
      guard let node = node(unit.slot) else {
        throw RedisError(.unavailable, "No node of the cluster is known.")
      }
      add(index, to: Destination(node: node, isAsking: false))
    }
  }

  /// Creates a pipeline to one node, for commands without a key.
  init(_ commands: Commands, to node: RedisNode) {
    self.commands = commands
    replies = Array(repeating: .null, count: commands.count)
    units = [Unit(bytes: commands.bytes.indices, replies: 0..<commands.count)]
    add(0, to: Destination(node: node, isAsking: false))
  }

  /// Returns what to send now. Empty while parts are under way, and at the end.
  mutating func next() -> [Part] {
    guard underWay == 0 else { return [] }
    defer { waiting = [] }
    underWay = waiting.count
    return waiting.map { part($0.units, to: $0.to) }
  }

  /// Takes the replies to a part's commands.
  mutating func take(_ received: [Reply], of part: Part) {
    var rest = received[...]
    var again: [(unit: Int, redirect: Redirect)] = []
    for unit in part.units {
      let asking = part.isAsking ? rest.popFirst() : nil
      let own = rest.prefix(units[unit].replies.count)
      rest = rest.dropFirst(own.count)
      for (place, reply) in zip(units[unit].replies, own) { replies[place] = reply }
      if let asking, asking.error != nil {
        // The user may not ask, so the node has sent the command back.
        replies[units[unit].replies.lowerBound] = asking
      } else if let redirect = redirect(in: own, from: part.node) {
        again.append((unit, redirect))
      }
    }
    if !again.isEmpty { send(again, answeredWith: part.units) }
    end()
  }

  /// Ends a part whose replies will not come.
  mutating func fail(_ part: Part, because error: RedisError) {
    failure = failure ?? error
    end()
  }

  /// Returns what was learnt since the last call.
  mutating func takeNews() -> [News] {
    defer { news = [] }
    return news
  }

  // MARK: Redirections

  /// Returns the redirection in a unit's replies. If one command of a transaction has one, none was executed.
  private mutating func redirect(in replies: ArraySlice<Reply>, from node: RedisNode) -> Redirect? {
    for reply in replies {
      guard let error = reply.error else { continue }
      if error.code == .refused(kind: .clusterDown) { news.append(.clusterDown(node)) }
      guard let redirect = Redirect(error.message, from: node) else { continue }
      news.append(.redirect(redirect, from: node))
      return redirect
    }
    return nil
  }

  /// Remembers the redirected units that may be sent again. The others keep their error replies.
  private mutating func send(_ again: [(unit: Int, redirect: Redirect)], answeredWith all: [Int]) {
    let wereRedirected = Set(again.map(\.unit))
    /// The executed units by slot.
    var executed: [HashSlot: [Int]] = [:]
    for unit in all where !wereRedirected.contains(unit) {
      if let slot = units[unit].slot { executed[slot, default: []].append(unit) }
    }
    for (unit, redirect) in again {
      guard let slot = units[unit].slot, redirect.kind == .moved || units[unit].onlyKey != nil else {
        continue
      }
      // The slot has come back in between, and a later command has overtaken this one.
      let later = executed[slot, default: []].filter { $0 > unit }
      if redirect.kind == .moved ? !later.isEmpty : later.contains(where: { mayMeet($0, unit) }) { continue }
      redirected[slot, default: []].append((unit, redirect))
    }
  }

  /// Whether two units of a slot may have a key in common.
  private func mayMeet(_ one: Int, _ other: Int) -> Bool {
    guard let one = units[one].onlyKey, let other = units[other].onlyKey else { return true }
    return commands.bytes[one] == commands.bytes[other]
  }

  /// Once all parts are answered, all redirected commands of a slot go again in one piece, in their order, to
  /// one node: the last one named, because the slot has moved on in between.
  private mutating func end() {
    underWay -= 1
    guard underWay == 0 else { return }
    defer { redirected = [:] }
    guard failure == nil, hops < Self.mostHops else { return }
    hops += 1
    var again: [(unit: Int, to: Destination)] = []
    for all in redirected.values {
      guard let last = all.last?.redirect, let node = last.node else { continue }
      let destination = Destination(node: node, isAsking: last.kind == .ask)
      for (unit, _) in all where !destination.isAsking || units[unit].onlyKey != nil {
        again.append((unit, destination))
      }
    }
    for (unit, destination) in again.sorted(by: { $0.unit < $1.unit }) { add(unit, to: destination) }
  }

  private mutating func add(_ unit: Int, to destination: Destination) {
    if let part = waiting.firstIndex(where: { $0.to == destination }) {
      waiting[part].units.append(unit)
    } else {
      waiting.append((destination, [unit]))
    }
  }

  private func part(_ units: [Int], to destination: Destination) -> Part {
    var digests: Set<String> = []
    for unit in units {
      for digest in self.units[unit].digests {
        digests.insert(String(decoding: commands.bytes[digest], as: UTF8.self))
      }
    }
    var own = Commands()
    if units.elementsEqual(self.units.indices), !destination.isAsking {
      own = commands
    } else {
      for unit in units {
        if destination.isAsking { own.add("ASKING") }
        own.add(encoded: commands.bytes[self.units[unit].bytes], count: self.units[unit].replies.count)
      }
    }
    return Part(
      node: destination.node, commands: own, digests: digests, isAsking: destination.isAsking, units: units)
  }

  // MARK: Units

  private static func units(of commands: Commands) throws(RedisError) -> [Unit] {
    // Typed errors do not pass through `withUnsafeBytes`.
    let result = commands.bytes.withUnsafeBytes { bytes in
      Result { () throws(RedisError) in try units(of: bytes, count: commands.count) }
    }
    return try result.get()
  }

  private static func units(
    of bytes: UnsafeRawBufferPointer, count: Int
  ) throws(RedisError) -> [Unit] {
    func refused(_ why: String) -> RedisError {
      RedisError(.refused(kind: .generic), "ERR In a cluster, \(why).")
    }
    var units: [Unit] = []
    units.reserveCapacity(count)
    var reader = CommandReader(bytes)
    var place = 0
    /// The transaction that has begun.
    var open: Unit?
    while !reader.isAtEnd {
      let start = reader.place
      let target = try CommandTarget(&reader)
      var unit = open ?? Unit(bytes: start..<start, replies: place..<place)
      place += 1
      unit.bytes = unit.bytes.lowerBound..<reader.place
      unit.replies = unit.replies.lowerBound..<place
      if let digest = target.digest { unit.digests.append(digest) }
      switch target.place {
      case .slot(let slot):
        guard unit.slot == nil || unit.slot == slot else {
          throw refused("a transaction has keys of one slot")
        }
        unit.slot = slot
        if open == nil { unit.onlyKey = target.onlyKey }
      case .anyNode: break
      // In a transaction, the node that has the keys is meant.
      case .everyNode where open != nil: break
      case .everyNode: throw refused("every node has to answer \(reader.name(from: start)) for itself")
      case .begin where open == nil:
        open = unit
        continue
      case .end where open != nil:
        guard unit.slot != nil else { throw refused("a transaction has keys") }
        open = nil
        units.append(unit)
        continue
      case .begin, .end: throw refused("MULTI and EXEC come in pairs")
      }
      if open == nil { units.append(unit) } else { open = unit }
    }
    guard open == nil else { throw refused("MULTI and EXEC come in pairs") }
    return units
  }
}
