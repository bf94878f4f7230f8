import Keys
import Lanes
import Market
import Redis
import Workers

/// The state of the whole system at one moment: who runs what, how far behind it is, and what was put aside.
package struct SystemStatus: Encodable, Sendable {
  /// One worker with all its replicas.
  package struct WorkerStatus: Encodable, Sendable {
    package var worker: String
    /// Replicas with a recent heartbeat; nil if the node that knows them is away.
    package var replicas: Int?
    /// Lanes that a replica holds.
    package var lanesHeld = 0
    package var lanes: Int
    /// Unread entries, over all lanes.
    package var lag = 0
    /// Entries that were handled since the system began, over all lanes: two of these tell a rate.
    package var read = 0
    /// Dead letters, over all lanes.
    package var deadLetters = 0
  }

  /// The replicas of one release.
  package struct ReleaseStatus: Encodable, Equatable, Sendable {
    /// Nil for releases that do not tell it.
    package var release: String?
    /// The highest format of the data that it reads.
    package var reads: Int
    /// How many there are of each role: a worker, or `ingress`. Older ingresses do not tell that they live.
    package var replicas: [String: Int]
  }

  /// The format of the data.
  package struct FormatStatus: Encodable, Equatable, Sendable {
    package var writes: Int
    /// The release that raised it last; nil if none has.
    package var by: String?
    /// Whether an operator keeps it from being raised by itself.
    package var hold: Bool
  }

  /// One lane.
  package struct LaneStatus: Encodable, Sendable {
    package var lane: String
    /// The replica that holds it; nil if none does.
    package var owner: String?
    package var lag: Int
    /// Why it stands still; nil if it does not.
    package var halt: Halt?
  }

  /// Why a lane stands still, and what to do.
  package struct Halt: Encodable, Sendable {
    package var reason: String
    /// Nil if the worker has not said it yet.
    package var remedy: String?
  }

  /// What comes due.
  package struct ClockStatus: Encodable, Sendable {
    /// How many timers there are.
    package var timers = 0
    /// How many of them should have come due already.
    package var overdue = 0
    /// How many of each kind there are among the earliest 1,000 timers of each shard.
    package var kinds: [String: Int] = [:]
    /// The earliest timer; nil if there is none.
    package var next: String?
    /// When it is due, ISO 8601 in UTC.
    package var due: String?
  }

  /// One master of a cluster.
  package struct NodeStatus: Encodable, Sendable {
    package var node: String
    /// Why nothing is known of it and its lanes; nil if it answers.
    package internal(set) var away: String?
    /// The shards whose slots it has.
    package var shards: [Int] = []
    /// The inlets whose slots it has.
    package var inlets: [String] = []
    /// Unread entries, over the lanes of its shards and inlets.
    package var lag = 0
    /// The number of its replicas that are in order.
    package var replicas: Int
    /// The memory that it uses, in bytes (`used_memory`).
    package var memory = 0
  }

  /// Nil if the node that knows it is away, and nobody has said it.
  package var shards: Int?
  /// Nil if the node that knows it is away.
  package var format: FormatStatus?
  /// The newest format first.
  package var releases: [ReleaseStatus] = []
  package var workers: [WorkerStatus] = []
  /// Without the lanes of nodes that are away.
  package var lanes: [LaneStatus] = []
  package var clock = ClockStatus()
  /// The masters of a cluster; empty for one Redis.
  package var nodes: [NodeStatus] = []
  /// The memory that Redis uses, on all nodes that answer, in bytes (`used_memory`).
  package var memory = 0
  /// How much of it is left, and for how long.
  package var capacity = Capacity([], MemoryHistory(samples: []))
  /// Lanes that stand still, and keys that a lane cannot work with, one sentence each.
  package var troubles: [String] = []
  /// Whether every lane is held and up to date, all nodes answer, and there are no dead letters and no troubles.
  package var isWell: Bool {
    troubles.isEmpty && nodes.allSatisfy { $0.away == nil }
      && workers.allSatisfy { $0.lag == 0 && $0.lanesHeld == $0.lanes && $0.deadLetters == 0 }
  }

  /// Reads the status from Redis, in two round trips; of a cluster, in two for each master and two more.
  ///
  /// Throws if one Redis does not answer. Of a cluster, tells what the masters that answer know.
  ///
  /// - Parameter expected: How many shards there are, in case the node that knows it is away.
  package init(_ redis: RedisDeployment, shards expected: Int? = nil) throws {
    switch redis {
    case .single:
      let connection = try redis.connect()
      let parts = prepare(shards: try connection.shardCount())
      var ask = Commands("INFO", "memory")
      MemoryHistory.ask(&ask)
      for part in parts { part.ask(&ask) }
      var replies = try connection.exchange(ask)[...]
      let info = replies.popFirst() ?? .null
      take([MasterMemory(nil, info: info)], MemoryHistory(replies.prefix(2)))
      replies = replies.dropFirst(2)
      for part in parts { _ = hear(part, &replies) }
    case .cluster(let cluster): try read(cluster, shards: expected)
    }
    guard let format else { return }
    for release in releases where release.reads < format.writes {
      let roles = release.replicas.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      troubles.append(
        """
        Replicas of a release that reads only format \(release.reads) run, but format \(format.writes) is written: stop \
        them (\(roles.joined(separator: ", "))).
        """)
    }
  }

  private mutating func take(_ masters: [MasterMemory], _ history: MemoryHistory) {
    capacity = Capacity(masters, history)
    memory = capacity.used
  }

  // MARK: One Redis

  /// What to ask in one slot, and whom the replies concern.
  private enum Part {
    case format
    case replicas(role: String)
    /// A lane of the worker at that place.
    case lane(LaneSpec, worker: Int)

    /// A key in its slot.
    var key: String {
      switch self {
      case .format: Key.format
      case .replicas(let role): LaneName.replicas(of: role)
      case .lane(let lane, _): lane.name.lease
      }
    }

    var lane: LaneSpec? {
      if case .lane(let lane, _) = self { lane } else { nil }
    }

    func ask(_ commands: inout Commands) {
      switch self {
      case .format: FormatState.ask(&commands)
      case .replicas: commands.add("EVAL", ReleaseStatus.script, "1", key)
      case .lane(let lane, _):
        commands.add("GET", key)
        LaneLag.ask(lane.name, lane.streams, &commands)
        commands.add("XLEN", lane.name.deadLetters)
        commands.add("HMGET", lane.name.halt, "reason", "remedy")
        for timers in lane.clocks { commands.add("EVAL", ClockStatus.script, "1", timers.key) }
      }
    }
  }

  private mutating func prepare(shards: Int) -> [Part] {
    self.shards = shards
    var parts = [Part.format] + Fleet.roles.map { .replicas(role: $0) }
    for (place, worker) in WorkerKind.allCases.enumerated() {
      let lanes = worker.lanes(shards: shards)
      workers.append(WorkerStatus(worker: worker.rawValue, lanes: lanes.count))
      parts += lanes.map { .lane($0, worker: place) }
    }
    return parts
  }

  /// Takes the replies about a part from the front. Returns its lag.
  private mutating func hear(_ part: Part, _ replies: inout ArraySlice<Reply>) -> Int {
    switch part {
    case .format:
      guard let found = replies.popFirst() else { return 0 }
      let state = FormatState(found)
      format = FormatStatus(writes: state.writes, by: state.release, hold: state.isHeld)
      return 0
    case .replicas(let role):
      let living = (replies.popFirst()?.compactMap(\.string) ?? []).map(Replica.init(member:))
      if let place = workers.firstIndex(where: { $0.worker == role }) {
        workers[place].replicas = living.count
      }
      for replica in living { count(Fleet.Member(replica, of: role)) }
      return 0
    case .lane(let spec, let worker): return hear(spec, of: worker, &replies)
    }
  }

  private mutating func count(_ member: Fleet.Member) {
    let place =
      releases.firstIndex { $0.release == member.release && $0.reads == member.reads } ?? releases.endIndex
    if place == releases.endIndex {
      releases.append(ReleaseStatus(release: member.release, reads: member.reads, replicas: [:]))
    }
    releases[place].replicas[member.role, default: 0] += 1
    releases.sort { ($0.reads, $0.release ?? "") > ($1.reads, $1.release ?? "") }
  }

  private mutating func hear(_ spec: LaneSpec, of worker: Int, _ replies: inout ArraySlice<Reply>) -> Int {
    let owner = replies.popFirst()?.string
    for (key, reply) in zip([spec.name.cursor] + spec.streams, replies) {
      // A stream that does not exist yet is no trouble.
      guard let error = reply.error, error.code != .refused(kind: .generic) else { continue }
      troubles.append("\(spec.name) cannot work with \(key): \(error.message)")
    }
    let (read, lag) = LaneLag.progress(spec.streams, &replies)
    // The workers of a shard share its dead letters, which differ by the field `worker`: count them once.
    let letters = replies.popFirst()?.integer ?? 0
    if workers[worker].worker == WorkerKind.reservation.rawValue || spec.inlet != nil {
      workers[worker].deadLetters += letters
    }
    let said = replies.popFirst()
    let halt = said?[0]?.string.map { Halt(reason: $0, remedy: said?[1]?.string) }
    if let halt { troubles.append("\(spec.name) stands still: \(halt.reason)") }
    for timers in spec.clocks {
      guard let found = replies.popFirst() else { break }
      if let error = found.error {
        troubles.append("\(spec.name) cannot work with \(timers.key): \(error.message)")
      } else {
        clock.take(found)
      }
    }
    if owner != nil { workers[worker].lanesHeld += 1 }
    workers[worker].lag += lag
    workers[worker].read += read
    lanes.append(
      LaneStatus(
        lane: "\(spec.name)", owner: owner.map { String($0.prefix { $0 != ":" }) }, lag: lag, halt: halt))
    return lag
  }

  // MARK: A cluster

  private mutating func read(_ cluster: Cluster, shards expected: Int?) throws {
    let connection = ClusterConnection(cluster)
    let memories = connection.onEveryMaster { (_, connection) throws(RedisError) in
      try connection.call("INFO", "memory")
    }
    var masters: [MasterMemory] = []
    for (node, found) in memories {
      var status = NodeStatus(node: "\(node)", replicas: cluster.replicas[node, default: 0])
      switch found {
      case .success(let info):
        let memory = MasterMemory(node, info: info)
        status.memory = memory.used
        masters.append(memory)
      case .failure(let error): status.away = error.message
      }
      nodes.append(status)
    }
    var ask = Commands()
    MemoryHistory.ask(&ask)
    // The master that has the history can be away.
    take(masters, MemoryHistory((try? connection.exchange(ask)) ?? []))
    var parts: [Part] = []
    do {
      parts = prepare(shards: try connection.shardCount())
    } catch let error as RedisError where error.canRetry {
      guard let expected else {
        troubles.append(
          """
          The node that knows the number of shards is away, so nothing is known of them: say it with --shards. \(error)
          """
        )
        return
      }
      parts = prepare(shards: expected)
    }
    for (owner, parts) in Dictionary(grouping: parts, by: { cluster.owner(of: HashSlot(of: $0.key)) }) {
      read(parts, of: owner, connection)
    }
    // As for one Redis: by worker, whichever nodes they are on.
    let order = parts.compactMap(\.lane).map { "\($0.name)" }
    let places = Dictionary(zip(order, order.indices)) { first, _ in first }
    lanes.sort { places[$0.lane, default: 0] < places[$1.lane, default: 0] }
  }

  private mutating func read(_ parts: [Part], of owner: RedisNode?, _ connection: ClusterConnection) {
    let name = owner.map { "\($0)" } ?? "nobody"
    let place = nodes.firstIndex { $0.node == name } ?? nodes.endIndex
    if place == nodes.endIndex { nodes.append(NodeStatus(node: name, replicas: 0)) }
    let own = parts.compactMap(\.lane)
    nodes[place].shards = Set(own.compactMap(\.shard)).sorted()
    nodes[place].inlets = own.compactMap(\.inlet).sorted()
    if owner == nil { nodes[place].away = "no node has these slots." }
    guard nodes[place].away == nil else { return }
    var ask = Commands()
    for part in parts { part.ask(&ask) }
    do throws(RedisError) {
      var replies = try connection.exchange(ask)[...]
      if let error = replies.lazy.compactMap(\.error).first(where: \.canRetry) { throw error }
      for part in parts { nodes[place].lag += hear(part, &replies) }
    } catch {
      nodes[place].away = error.message
    }
  }
}

extension SystemStatus.ReleaseStatus {
  /// `KEYS[1]` has the replicas of a role. Returns those that live.
  fileprivate static let script = """
    local time=redis.call('TIME')
    return redis.call('ZRANGE',KEYS[1],time[1]*1000+math.floor(time[2]/1000),'+inf','BYSCORE')
    """
}

extension SystemStatus.ClockStatus {
  /// `KEYS[1]` is the clock of a shard. Returns how many timers there are, how many are overdue, the earliest one and
  /// its score (empty if there is none), then each kind among the earliest 1,000 and how many of it there are.
  fileprivate static let script = """
    local time=redis.call('TIME')
    local now=time[1]*1000+math.floor(time[2]/1000)
    local next=redis.call('ZRANGE',KEYS[1],0,0,'WITHSCORES')
    local answer={redis.call('ZCARD',KEYS[1]),redis.call('ZCOUNT',KEYS[1],'-inf',now),next[1] or '',next[2] or ''}
    local kinds={}
    for _,member in ipairs(redis.call('ZRANGE',KEYS[1],0,999)) do
      local kind=string.match(member,'^[^:]*')
      kinds[kind]=(kinds[kind] or 0)+1
    end
    for kind,count in pairs(kinds) do
      answer[#answer+1]=kind
      answer[#answer+1]=count
    end
    return answer
    """

  /// Adds what the script found in one shard.
  fileprivate mutating func take(_ found: Reply) {
    timers += found[0]?.integer ?? 0
    overdue += found[1]?.integer ?? 0
    if let score = found[3]?.string.flatMap({ Double($0) }).flatMap({ UInt64(exactly: $0) }) {
      let moment = Moment(milliseconds: score).description
      if due.map({ moment < $0 }) ?? true { (next, due) = (found[2]?.string, moment) }
    }
    var kinds = found.dropFirst(4).makeIterator()
    while let kind = kinds.next()?.string, let count = kinds.next()?.integer {
      self.kinds[kind, default: 0] += count
    }
  }
}

extension LaneSpec {
  /// Its clocks of what is due at a fixed time. What has ended is kept for as long as its worker is set to.
  fileprivate var clocks: [LaneTimers] { timers.filter { $0.delay == .zero } }

  /// The shard that it reads; nil for an inlet's lane.
  fileprivate var shard: Int? { Int(name.tag.dropFirst().dropLast()) }

  /// The inlet that it reads; nil for a shard's lane.
  fileprivate var inlet: String? { shard == nil ? String(name.tag.dropFirst().dropLast()) : nil }
}
