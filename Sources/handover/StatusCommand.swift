import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime

/// Shows the state of the system.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows replicas, their releases, lanes, lag, dead letters and memory.",
    discussion: """
      EXAMPLES
        handover status --redis-url unix://$PWD/.handover/redis.sock
        handover status --watch
        handover status --json | jq .workers

      Memory shows what is used of what Redis may use, when that is full at the rate of the last week, and by which
      kinds of keys, estimated from some of them; with --watch, those are estimated once a minute.

      Of a cluster, it also shows every master: its shards and inlets, how far their lanes are behind, its replicas
      and its memory. While a master is away, it shows what the others know.

      Exit status: 0 if every lane is held, nothing is behind, no master is away and there are no dead letters; 2
      otherwise; 1 on an error.
      """)

  @Flag(help: "Refresh every second, until Ctrl-C.")
  var watch = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var settings: Settings

  /// How often the kinds of keys are estimated by --watch: it takes longer than all the rest.
  private static let pause = Duration.seconds(60)

  /// All that is shown.
  private struct Report: Encodable {
    let status: SystemStatus
    /// Nil if a master is away.
    let use: MemoryUse?

    private enum Names: CodingKey { case keys, kinds }

    func encode(to encoder: any Encoder) throws {
      try status.encode(to: encoder)
      guard let use else { return }
      var more = encoder.container(keyedBy: Names.self)
      try more.encode(use.keys, forKey: .keys)
      try more.encode(use.kinds, forKey: .kinds)
    }
  }

  func run() async throws {
    let (url, shards) = (try settings.redis(), try settings.wantedShards())
    let redis = try await Start.onThread { try RedisDeployment(of: url) }
    var isWell = true
    var use: MemoryUse?
    var next = ContinuousClock.now
    repeat {
      let status = try await Start.onThread { try SystemStatus(redis, shards: shards) }
      if next <= .now {
        use = try? await Start.onThread { try MemoryUse(redis.connect()) }
        next = .now + Self.pause
      }
      isWell = status.isWell
      let clear = watch && !json ? "\u{1B}[H\u{1B}[2J" : ""
      let report = Report(status: status, use: use)
      try Output.write([clear + (json ? try Self.encoded(report) : Self.text(report))])
      if watch { try await Task.sleep(for: .seconds(1)) }
    } while watch
    if !isWell { throw ExitCode(2) }
  }

  private static func encoded(_ report: Report) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }

  private static func text(_ report: Report) -> String {
    let use = report.use.map { $0.kinds.isEmpty ? "" : "\n\n\(kinds(of: $0))" }
    return table(report.status)
      + (use ?? "\nWhich kinds of keys use it is not known while a master is away.")
  }

  /// How many kinds are shown; the others together.
  private static let most = 12

  private static func kinds(of use: MemoryUse) -> String {
    let all = max(1, use.kinds.reduce(0) { $0 + $1.bytes })
    var table = TextTable("kind of key", "MiB", "%")
    func add(_ name: String, _ bytes: Int) {
      table.add(name.printable, tenths(Double(bytes) / 1_048_576), "\((100 * bytes + all / 2) / all)")
    }
    for kind in use.kinds.prefix(most) { add(kind.kind, kind.bytes) }
    let rest = use.kinds.dropFirst(most)
    if !rest.isEmpty { add("\(rest.count) others", rest.reduce(0) { $0 + $1.bytes }) }
    return table.description
  }

  static func table(_ status: SystemStatus) -> String {
    var table = TextTable("worker", "replicas", "lanes", "behind", "dead letters")
    for worker in status.workers {
      table.add(
        worker.worker, worker.replicas.map { "\($0)" } ?? "?", "\(worker.lanesHeld)/\(worker.lanes)",
        "\(worker.lag)",
        "\(worker.deadLetters)",
      )
    }
    var text = table.description
    for lane in status.lanes where lane.lag > 0 || lane.owner == nil {
      text += "\n\(lane.lane) is \(lane.lag) behind, held by \((lane.owner ?? "nobody").printable)"
    }
    text += "\n\(clock(status.clock))"
    if let format = status.format { text += "\n\(releases(status.releases, format))" }
    for trouble in status.troubles { text += "\n\(trouble.printable)" }
    if !status.nodes.isEmpty { text += "\n\n\(nodes(status.nodes, status.capacity.masters))\n" }
    let memory =
      "\(status.memory >> 20) MiB in Redis\(limit(status.capacity)), \(outlook(status.capacity.outlook))"
    return text + "\n\(status.shards.map { "\($0)" } ?? "?") shards, \(memory)"
  }

  private static func limit(_ capacity: Capacity) -> String {
    guard let limit = capacity.limit, let percent = capacity.percent else { return "" }
    return " of \(limit >> 20) (\(percent) %)"
  }

  private static func outlook(_ outlook: Capacity.Outlook) -> String {
    switch outlook {
    case .unknown: "how fast that grows is not known before a day"
    case .steady: "not growing"
    case .full(let days): "full in \(tenths(days)) days at this rate"
    }
  }

  private static func tenths(_ number: Double) -> String { "\((10 * number).rounded() / 10)" }

  private static func clock(_ clock: SystemStatus.ClockStatus) -> String {
    guard let next = clock.next, let due = clock.due else { return "nothing comes due" }
    let kinds = clock.kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.printable)" }
    let rest = clock.timers - clock.kinds.values.reduce(0, +)
    let more = rest > 0 ? ["\(rest) later"] : []
    return "\(clock.timers) timers (\((kinds + more).joined(separator: ", "))), \(clock.overdue) overdue\n"
      + "the next one is \(next.printable), due at \(due)"
  }

  private static func releases(
    _ releases: [SystemStatus.ReleaseStatus], _ format: SystemStatus.FormatStatus
  ) -> String {
    let lines = releases.map { release in
      let roles = release.replicas.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      let name = release.release?.printable ?? "before 1.5"
      return "release \(name), reads format \(release.reads): \(roles.joined(separator: ", "))"
    }
    let written = "format \(format.writes) is written\(format.hold ? ", and held" : "")"
    return ([releases.count > 1 ? "\(written); RELEASES ARE MIXED" : written] + lines).joined(separator: "\n")
  }

  private static func days(_ outlook: Capacity.Outlook) -> String {
    switch outlook {
    case .unknown: "?"
    case .steady: "–"
    case .full(let days): tenths(days)
    }
  }

  private static func nodes(_ nodes: [SystemStatus.NodeStatus], _ masters: [Capacity.Master]) -> String {
    var table = TextTable("node", "shards", "inlets", "behind", "replicas", "MiB", "of", "full in days")
    for node in nodes {
      let isKnown = node.away == nil
      let master = masters.first { $0.memory.master == node.node }
      table.add(
        node.node, "\(node.shards.count)", "\(node.inlets.count)", isKnown ? "\(node.lag)" : "?",
        "\(node.replicas)", isKnown ? "\(node.memory >> 20)" : "?",
        master.map { "\($0.memory.limit >> 20)" } ?? "?", master.map { days($0.outlook) } ?? "?")
    }
    var text = table.description
    for node in nodes {
      guard let reason = node.away else { continue }
      let lost = node.shards.map { "{\($0)}" } + node.inlets
      text += "\n" + "\(node.node) is away: \(reason)".printable
      if !lost.isEmpty { text += "\nNothing is known of \(lost.joined(separator: ", "))." }
    }
    return text
  }
}
