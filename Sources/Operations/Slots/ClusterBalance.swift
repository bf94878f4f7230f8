import Redis

/// Spreads the hot slots of a cluster evenly over its masters, while the system works. Belongs to the thread that
/// created it.
///
/// Each slot moves as Redis documents it (`CLUSTER SETSLOT`): the doors go on meanwhile, the lanes of the slot pause.
/// Whatever was left open by an interruption, or by a fail-over in the middle, is found from what the masters say and
/// hold, and is finished first.
package final class ClusterBalance {
  /// A master of the cluster.
  package struct Master: Hashable, Sendable, CustomStringConvertible {
    package let id: String
    package let node: RedisNode

    package var description: String { "\(node)" }
  }

  package typealias Move = BalancePlan<HotSlot, Master>.Move

  /// Why the slots cannot be balanced, and what to do.
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// How far a move is.
  package struct Progress: Sendable {
    package let move: Move
    /// How many keys were moved, of this slot.
    package let keys: Int
    package let isDone: Bool
  }

  /// A master with the connection to it and what it says about itself and the others.
  private struct Informant {
    let master: Master
    let connection: RedisConnection
    let own: ClusterMember
    let members: [ClusterMember]
    /// How many keys it has in each hot slot.
    var keys: [HashSlot: Int] = [:]
  }

  /// How long one group of keys can take, and how long a node is waited for, which includes that.
  private static let migration = Duration.seconds(10)
  private static let patience = Duration.seconds(20)
  /// Both nodes stand still while a group of keys moves: at most so many keys, and so many bytes unless one key is
  /// larger.
  private static let keysAtOnce = 100
  private static let bytesAtOnce = 1 << 20

  private let cluster: Cluster
  private let url: RedisURL
  private let hot: [HotSlot]
  private var informants: [Informant] = []
  /// The master that has each hot slot.
  private var owners: [HashSlot: Master] = [:]

  /// All masters, also those without slots.
  package var masters: [Master] { informants.map(\.master) }
  /// Moves that were begun and not finished.
  package private(set) var open: [Move] = []
  /// The moves to make once those are finished.
  package private(set) var moves: [Move] = []

  /// How many hot slots a master has.
  package func count(of master: Master) -> Int { owners.values.count { $0 == master } }

  /// How many it will have after all moves.
  package func countAfterwards(of master: Master) -> Int {
    (open + moves).reduce(count(of: master)) { count, move in
      count + (move.target == master ? 1 : 0) - (move.source == master ? 1 : 0)
    }
  }

  /// Looks at the cluster and makes the plan. Throws a `Refusal` if a master is away, or if nobody has a slot.
  ///
  /// - Parameter url: The credentials, also for one node at another.
  package init(_ cluster: Cluster, as url: RedisURL, shards: Int) throws {
    self.cluster = cluster
    self.url = url
    hot = HotSlot.all(shards: shards)
    try findMasters()
    try findOwners()
    try findOpen()
    plan()
  }

  // MARK: What there is

  private func findMasters() throws {
    cluster.refresh()
    var names = cluster.masters
    var seen: Set<RedisNode> = []
    while let name = names.popLast() {
      guard seen.insert(name).inserted else { continue }
      let found = try inform(name)
      names += found.members.filter { $0.isMaster && !$0.isAway }.compactMap(\.name)
      // A node can have several names, and one of a replica can be old.
      if found.own.isMaster, !informants.contains(where: { $0.master.id == found.own.id }) {
        informants.append(found)
      }
    }
    // In the order of their slots, those without any last, so that the plan is the same every time.
    func place(_ informant: Informant) -> (Int, String) {
      (informant.own.slots.first?.lowerBound ?? HashSlot.count, informant.own.id)
    }
    informants.sort { place($0) < place($1) }
  }

  private func inform(_ name: RedisNode) throws -> Informant {
    do throws(RedisError) {
      let connection = try cluster.connect(to: name, within: Self.patience)
      let members = try connection.members(of: name)
      guard let own = members.first(where: \.isSelf) else {
        throw RedisError(.unexpectedReply, "CLUSTER NODES of \(name) does not have the node itself.")
      }
      // One that has just joined, or is cut off from most others, takes no keys.
      let state = try connection.call("CLUSTER", "INFO").string ?? ""
      guard state.contains("cluster_state:ok") else {
        throw RedisError(.refused(kind: .clusterDown), "CLUSTERDOWN It says that the cluster is down.")
      }
      return Informant(
        master: Master(id: own.id, node: name), connection: connection, own: own, members: members,
        keys: try Self.keys(in: hot, on: connection))
    } catch {
      throw Refusal(description: "\(name) is away, and slots move only while all masters are well. \(error)")
    }
  }

  private static func keys(
    in hot: [HotSlot], on connection: RedisConnection
  ) throws(RedisError) -> [HashSlot: Int] {
    var ask = Commands()
    for hot in hot { ask.add("CLUSTER", "COUNTKEYSINSLOT", "\(hot.slot.number)") }
    var keys: [HashSlot: Int] = [:]
    for (hot, reply) in zip(hot, try connection.exchange(ask)) { keys[hot.slot] = try reply.get().integer }
    return keys
  }

  private func findOwners() throws(Refusal) {
    // For a moment after a slot has moved, its former node can still claim it.
    for informant in informants.sorted(by: { $0.own.epoch < $1.own.epoch }) {
      for hot in hot where informant.own.slots.contains(where: { $0.contains(hot.slot.number) }) {
        owners[hot.slot] = informant.master
      }
    }
    for hot in hot where owners[hot.slot] == nil {
      throw Refusal(
        description: "No master has slot \(hot.slot.number) of \(hot). See redis-cli --cluster fix.")
    }
  }

  /// Finds slots that are marked as moving, or whose keys are not all at the node that has the slot: marks do not
  /// survive every fail-over.
  private func findOpen() throws(Refusal) {
    for hot in hot {
      guard let owner = owners[hot.slot] else { continue }
      var (targets, isMarked) = ([Master](), false)
      for informant in informants {
        let (own, master) = (informant.own, informant.master)
        if own.migrating[hot.slot] != nil || own.importing[hot.slot] != nil { isMarked = true }
        if master != owner, own.importing[hot.slot] != nil || informant.keys[hot.slot, default: 0] > 0 {
          targets.append(master)
        }
      }
      guard targets.count < 2 else {
        throw Refusal(
          description: """
            Slot \(hot.slot.number) of \(hot) is at \(owner), and parts of it are at \
            \(targets.map(\.description).joined(separator: " and ")). See redis-cli --cluster fix.
            """)
      }
      let named = informants.first { $0.master == owner }?.own.migrating[hot.slot]
      let target = targets.first ?? masters.first { $0.id == named }
      if let target {
        open.append(Move(slot: hot, source: owner, target: target))
      } else if isMarked {
        // Everything is at its node, and only the marks are left.
        open.append(Move(slot: hot, source: owner, target: owner))
      }
    }
  }

  private func plan() {
    var slots: [Master: [HotSlot]] = [:]
    for hot in hot {
      let target = open.first { $0.slot == hot }?.target ?? owners[hot.slot]
      if let target { slots[target, default: []].append(hot) }
    }
    moves = BalancePlan(slots, over: masters).moves
  }

  // MARK: Moves

  /// Finishes what is open, and makes the moves, one slot after another.
  ///
  /// Throws if a node does not do its part, or what `onProgress` throws. Whatever the reason, another balance goes on
  /// from there.
  package func apply(onProgress: (Progress) throws -> Void = { _ in }) throws {
    while let move = open.first ?? moves.first {
      let keys = try carryOut(move, onProgress)
      owners[move.slot.slot] = move.target
      if open.isEmpty { moves.removeFirst() } else { open.removeFirst() }
      try onProgress(Progress(move: move, keys: keys, isDone: true))
    }
  }

  private func connection(to master: Master) throws -> RedisConnection {
    guard let found = informants.first(where: { $0.master == master }) else {
      throw Refusal(description: "\(master) is no master any more: run it again.")
    }
    return found.connection
  }

  /// Returns how many keys were moved.
  private func carryOut(_ move: Move, _ onProgress: (Progress) throws -> Void) throws -> Int {
    let slot = "\(move.slot.slot.number)"
    guard move.source != move.target else {
      for informant in informants { try informant.connection.call("CLUSTER", "SETSLOT", slot, "STABLE") }
      return 0
    }
    let (from, to) = (try connection(to: move.source), try connection(to: move.target))
    try to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", move.source.id)
    try from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", move.target.id)
    let address = address(of: move.target, seenBy: move.source)
    var moved = 0
    while true {
      let keys = try from.call("CLUSTER", "GETKEYSINSLOT", slot, "\(Self.keysAtOnce)").map(\.self)
      if keys.isEmpty { break }
      for group in try Self.groups(of: keys, on: from) {
        try migrate(group, to: address, move, from, to)
        moved += group.count
        try onProgress(Progress(move: move, keys: moved, isDone: false))
      }
    }
    // The new node first: otherwise the slot would for a moment belong to nobody. Then the others, so that no client
    // is led astray by one that has not heard of it.
    let others = informants.filter { $0.master != move.source && $0.master != move.target }
    for connection in [to, from] + others.map(\.connection) {
      try connection.call("CLUSTER", "SETSLOT", slot, "NODE", move.target.id)
    }
    return moved
  }

  /// The address of one master for another, which can differ from the one for clients.
  private func address(of target: Master, seenBy source: Master) -> RedisNode {
    let members = informants.first { $0.master == source }?.members ?? []
    return members.first { $0.id == target.id }?.address ?? target.node
  }

  /// Divides keys so that no group is too large.
  private static func groups(of keys: [Reply], on connection: RedisConnection) throws(RedisError) -> [[Reply]]
  {
    var ask = Commands()
    for key in keys {
      var words = RESPWords("MEMORY", "USAGE")
      words.add(key)
      ask.add(words)
    }
    var groups: [[Reply]] = []
    var bytes = bytesAtOnce
    for (key, reply) in zip(keys, try connection.exchange(ask)) {
      // Nil if it has expired.
      let own = try reply.get().integer ?? 0
      if groups.isEmpty || bytes + own > bytesAtOnce {
        groups.append([])
        bytes = 0
      }
      groups[groups.count - 1].append(key)
      bytes += own
    }
    return groups
  }

  private func migrate(
    _ keys: [Reply], to address: RedisNode, _ move: Move, _ from: RedisConnection, _ to: RedisConnection
  ) throws {
    do throws(RedisError) {
      try from.call(migration(of: keys, to: address))
    } catch {
      guard error.message.contains("BUSYKEY") else { throw error }
      // A group that was interrupted can have left copies, whose originals are still what counts.
      for key in keys {
        let isCopy = try Self.areEqual(key, from, to)
        guard isCopy != false else {
          throw Refusal(
            description: """
              \(move.source) and \(move.target) have different values of \(key.text ?? "a key") in slot \
              \(move.slot.slot.number): remove the wrong one, and run it again.
              """)
        }
        try from.call(migration(of: [key], to: address, replacing: isCopy == true))
      }
    }
  }

  /// Returns whether both nodes have the same value under a key; nil if one of them has none.
  private static func areEqual(
    _ key: Reply, _ source: RedisConnection, _ target: RedisConnection
  ) throws(RedisError) -> Bool? {
    func read(_ name: String) throws(RedisError) -> (source: Reply, target: Reply) {
      var words = RESPWords(name)
      words.add(key)
      // Only so does a node answer for a slot that is moving in.
      var commands = Commands("ASKING")
      commands.add(words)
      // The source says `ASK` if it does not have the key any more.
      let one = try source.exchange(Commands(words))[0]
      return (
        one.error?.code == .refused(kind: .ask) ? .null : try one.get(),
        try target.exchange(commands)[1].get()
      )
    }
    let dumps = try read("DUMP")
    if dumps.source.isNull || dumps.target.isNull { return nil }
    if dumps.source.bytes == dumps.target.bytes { return true }
    // Each server has an order of its own for the fields of a large hash.
    let types = try read("TYPE")
    guard types.source.equals("hash"), types.target.equals("hash") else { return false }
    let fields = try read("HGETALL")
    return fields.source.fieldBytes == fields.target.fieldBytes
  }

  private func migration(
    of keys: [Reply], to address: RedisNode, replacing: Bool = false
  ) throws(RedisError) -> RESPWords {
    let milliseconds = Int(Self.migration.components.seconds) * 1000
    var words = RESPWords("MIGRATE", address.host, "\(address.port)", "", "0", "\(milliseconds)")
    if replacing { words.add("REPLACE") }
    if let credentials = try url.credentials() {
      words.add(RESPWords([credentials.count > 1 ? "AUTH2" : "AUTH"] + credentials))
    }
    words.add("KEYS")
    for key in keys { words.add(key) }
    return words
  }
}

extension RESPWords {
  /// Adds a text as Redis returned it, whether or not it is UTF-8.
  fileprivate mutating func add(_ text: Reply) { text.withBytes { add($0) } }
}

extension Reply {
  fileprivate var bytes: [UInt8] { withBytes { Array($0) } ?? [] }

  /// The values of a hash by name.
  fileprivate var fieldBytes: [[UInt8]: [UInt8]] {
    var fields: [[UInt8]: [UInt8]] = [:]
    var parts = makeIterator()
    while let name = parts.next(), let value = parts.next() { fields[name.bytes] = value.bytes }
    return fields
  }
}
