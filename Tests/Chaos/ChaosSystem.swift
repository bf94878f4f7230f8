import Foundation
import Keys
import Market
import Operations
import Processes
import Redis
import Synchronization
import Testbed

/// The system under test: a Redis that keeps what it acknowledges, replicas of every worker, two ingresses.
final class ChaosSystem: Sendable {
  /// A process, and what is needed to start another one like it.
  struct Member: Sendable {
    let executable: String
    let release: Release
    let port: Int?
    let log: URL
    let process: RunningProcess

    /// The name under which it holds its lanes, from its log.
    var replica: String? {
      guard let text = try? String(contentsOf: log, encoding: .utf8),
        let mark = text.firstRange(of: "replica=")
      else { return nil }
      return String(text[mark.upperBound...].prefix { $0 != " " })
    }
  }

  /// Where an executable comes from.
  enum Release: String, Sendable {
    case previous = "the release before"
    case today = "today's"
  }

  private struct State {
    /// The releases in which processes are started, at random.
    var releases: [Release]
    /// Processes that no fault affects at the moment.
    var idle: [Member] = []
    /// All processes that were started.
    var started: [Member] = []
    var isEnded = false
  }

  static let workers = TestSystem.workers.map { "\($0)-worker" }
  static let replicas = 3
  /// The longest time for which a dead replica's lanes are idle.
  static let lease = Duration.seconds(1)

  let redis: TestServers
  /// Whether masters are killed for good, so that what they acknowledged last can be lost.
  let losesMasters: Bool
  let ingresses: [HTTP]
  /// How long deals may take: so short that much comes due during a run.
  private let periods: [String: String]
  private let ports: [Int]
  private let seed: UInt64
  /// Where the executables of the release before are.
  private let previous: URL?
  private let state: Mutex<State>

  /// - Parameters:
  ///   - isCluster: Whether to run on a cluster. Its masters are so patient with each other that nobody takes over
  ///     from one that is started again, or hangs for a while.
  ///   - losesMasters: Whether its replicas take over soon instead.
  ///   - seed: If it is even, deals wait only for seconds, so that no line is left at the end.
  ///   - previous: Where the executables of the release before are, to begin with those; nil for today's alone.
  init(isCluster: Bool, losesMasters: Bool, seed: UInt64, beside previous: URL?) throws {
    self.losesMasters = losesMasters
    self.seed = seed
    self.previous = previous
    state = Mutex(State(releases: [previous == nil ? .today : .previous]))
    let endsWaiting = seed.isMultiple(of: 2)
    periods = [
      "HANDOVER_EXPIRY_HOURS": "0.001", "HANDOVER_REMINDER_HOURS": "0.0008,0.0003",
      "HANDOVER_WAITING_DAYS": endsWaiting ? "0.0001" : "14", "HANDOVER_RECEIPT_DAYS": "0.00003",
      "HANDOVER_KEEP_ENDED_DAYS": "0.00006",
      "HANDOVER_CODE_SECRET": "only the buyers of this run are shown what follows from it",
    ]
    redis =
      isCluster
      ? .cluster(try TestCluster(timeout: .seconds(losesMasters ? 1 : 15)))
      : .single(
        try TestRedis([
          "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
          "--enable-debug-command", "yes", "--databases", "1",
        ]))
    ports = [try FreePort.find(), try FreePort.find()]
    ingresses = ports.map { HTTP(port: $0) }
  }

  /// Starts all processes, and waits until the ingresses answer.
  func open() async throws {
    for port in ports { try start("ingress", port: port) }
    for worker in Self.workers { for _ in 0..<Self.replicas { try start(worker) } }
    try await awaitIngresses()
  }

  func start(_ executable: String, port: Int? = nil) throws {
    var environment = [
      "HANDOVER_REDIS_URL": try redis.url.description,
      "HANDOVER_SHARDS": "\(redis.shards)",
      "HANDOVER_LEASE_SECONDS": "\(Self.lease.components.seconds)",
      "LOG_LEVEL": "debug",
    ]
    environment.merge(periods) { $1 }
    if let port { environment["HANDOVER_PORT"] = "\(port)" }
    try state.withLock { state in
      guard !state.isEnded else { return }
      var dice = Dice(seed: seed, .release, state.started.count)
      let release = dice.pick(state.releases)
      let folder = release == .today ? Executables.folder : previous ?? Executables.folder
      let log = redis.folder.appending(path: "\(executable)-\(state.started.count).log")
      let process = try RunningProcess(
        folder.appending(path: executable).path, [], environment: environment, log: log)
      let member = Member(executable: executable, release: release, port: port, log: log, process: process)
      state.started.append(member)
      state.idle.append(member)
    }
  }

  /// Returns a process of an executable for the caller alone; nil if none is free.
  func take(_ executable: String, _ place: Int) -> Member? {
    take(place) { $0.executable == executable }
  }

  /// Returns one of the processes that are asked for, for the caller alone; nil if none is free.
  func take(_ place: Int, where isWanted: (Member) -> Bool) -> Member? {
    state.withLock { state in
      let places = state.idle.indices.filter {
        isWanted(state.idle[$0]) && !state.idle[$0].process.hasEnded
      }
      return places.isEmpty ? nil : state.idle.remove(at: places[place % places.count])
    }
  }

  func putBack(_ member: Member) { state.withLock { $0.idle.append(member) } }

  func count(of executable: String) -> Int {
    state.withLock { $0.idle.count { $0.executable == executable } }
  }

  /// Lets processes be started in these releases from now on.
  func choose(_ releases: [Release]) { state.withLock { $0.releases = releases } }

  /// How many processes were started in each release.
  var starts: [Release: Int] {
    state.withLock { state in Dictionary(grouping: state.started, by: \.release).mapValues(\.count) }
  }

  /// Whether a process of a release runs, affected by a fault or not.
  func runs(_ release: Release) -> Bool {
    state.withLock { state in state.started.contains { $0.release == release && !$0.process.hasEnded } }
  }

  /// Scales the processes of a worker to the wanted number; the newest ones end first.
  func scale(_ worker: String, to wanted: Int) throws {
    while count(of: worker) > wanted, let member = take(worker, count(of: worker) - 1) {
      member.process.terminate()
    }
    while count(of: worker) < wanted { try start(worker) }
  }

  /// Restores the initial set of processes. Returns those that ended without being asked to.
  func settle() async throws -> [String] {
    let dead = state.withLock { state in
      defer { state.idle.removeAll(where: \.process.hasEnded) }
      return state.idle.filter(\.process.hasEnded)
    }
    for worker in Self.workers { try scale(worker, to: Self.replicas) }
    for member in dead { if let port = member.port { try start(member.executable, port: port) } }
    try await awaitIngresses()
    return dead.map {
      "\($0.log.lastPathComponent): the process ended by itself, status \($0.process.exitStatus ?? -1)."
    }
  }

  private func awaitIngresses() async throws {
    for http in ingresses {
      try await eventually("an ingress answers") {
        try await http.call(.GET, "/actuator/health", timeout: Patience.prompt).status == 200
      }
    }
  }

  /// Waits until nothing comes due for long enough to look at everything.
  func awaitCalm() throws {
    let connection = try redis.connect()
    let deployment = try RedisDeployment(of: redis.url)
    try insist("nothing comes due") {
      // What came due can be on its way, and set another timer.
      let status = try SystemStatus(deployment)
      guard status.workers.allSatisfy({ $0.lag == 0 }) else { throw Mishap("lanes are behind") }
      // Under an older format, what has ended stays.
      let leaves = status.format?.writes == DataFormat.current
      for shard in try Ledger.shards(of: connection) {
        let clock = Key.timers(of: shard)
        let soon = Int((Date.now.timeIntervalSince1970 + 10 * Patience.limit.seconds) * 1000)
        let count = try connection.call("ZCOUNT", clock, "-inf", "\(soon)").integer ?? 0
        guard count == 0 else { throw Mishap("\(count) timers of \(clock) are due soon") }
        for entity in [Entity.reserve, .trade] where leaves {
          let kept = try connection.call("ZCARD", Key.ended(entity, in: shard)).integer ?? 0
          guard kept == 0 else { throw Mishap("\(kept) have ended and not left yet, of \(entity)") }
        }
      }
      let after = try SystemStatus(deployment).workers
      let before = status.workers
      guard after.map(\.lag) == before.map(\.lag), after.map(\.read) == before.map(\.read) else {
        throw Mishap("entries come in")
      }
    }
  }

  /// Lets the operator mend what a fail-over can lose. Returns how many records that were.
  func repair() throws -> Int {
    let said = try operate("audit", "--repair", "--wait", "\(Patience.limit.components.seconds)").text
    guard let count = said.firstMatch(of: /Repaired (\d+) records/).flatMap({ Int($0.1) }) else {
      throw Mishap("handover audit --repair: \(said.suffix(2000))")
    }
    return count
  }

  /// Lets what ended in the release before leave too, which notes no time of it.
  func archive() throws {
    let (isDone, text) = try operate("archive", "--to", redis.folder.appending(path: "archive").path)
    guard isDone else { throw Mishap("handover archive: \(text.suffix(2000))") }
  }

  /// Does what an operator does with `handover`. Returns whether it succeeded, and what it printed.
  func operate(_ arguments: String...) throws -> (isDone: Bool, text: String) {
    let log = redis.folder.appending(path: "\(arguments[0]).txt")
    let process = try RunningProcess(
      Executables.path("handover"), arguments,
      environment: periods.merging(["HANDOVER_REDIS_URL": try redis.url.description]) { $1 }, log: log)
    process.wait()
    return (process.exitStatus == 0, try String(contentsOf: log, encoding: .utf8))
  }

  /// What lanes said that met an entry of a later release than theirs: that is written only when all can read it.
  func unreadable() -> [String] { lines(with: "by a newer release").map(String.init) }

  /// Returns how often a replica found that another one had its lane.
  func fencedCount() -> Int { lines(with: "another replica has the lane").count }

  /// Returns how many entries of an inlet the logs report as removed unread.
  func removedCount(of inlet: String) -> Int {
    lines(with: "entries were removed before they were read").reduce(0) { sum, line in
      guard line.contains("stream=\(inlet) "), let mark = line.firstRange(of: "entries=") else { return sum }
      return sum + (Int(line[mark.upperBound...].prefix { $0 != " " }) ?? 0)
    }
  }

  private func lines(with text: String) -> [Substring] {
    let logs =
      (try? FileManager.default.contentsOfDirectory(at: redis.folder, includingPropertiesForKeys: nil)) ?? []
    return logs.filter { $0.pathExtension == "log" }.flatMap { log in
      let lines = (try? String(contentsOf: log, encoding: .utf8))?.split(separator: "\n") ?? []
      return lines.filter { $0.contains(text) }
    }
  }

  /// Ends all processes, whatever their state, and Redis last.
  func end() {
    let running = state.withLock { state in
      state.isEnded = true
      return state.started.map(\.process).filter { !$0.hasEnded }
    }
    for process in running { process.kill() }
    redis.end()
  }

  /// Ends everything and removes all files, because no `deinit` runs before the program ends.
  func clear() {
    end()
    try? FileManager.default.removeItem(at: redis.folder)
  }
}
