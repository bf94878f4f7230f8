import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime

/// Shows the state of the system.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows replicas, lanes, lag, dead letters and memory.",
    discussion: """
      EXAMPLES
        handover status --redis-url unix://$PWD/.handover/redis.sock
        handover status --watch
        handover status --json | jq .workers

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

  func run() async throws {
    let (url, shards) = (try settings.redis(), try settings.wantedShards())
    let redis = try await Start.onThread { try RedisDeployment(of: url) }
    var isWell = true
    repeat {
      let status = try await Start.onThread { try SystemStatus(redis, shards: shards) }
      isWell = status.isWell
      let clear = watch && !json ? "\u{1B}[H\u{1B}[2J" : ""
      try Output.write([clear + (json ? try Self.encoded(status) : Self.table(status))])
      if watch { try await Task.sleep(for: .seconds(1)) }
    } while watch
    if !isWell { throw ExitCode(2) }
  }

  private static func encoded(_ status: SystemStatus) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(status), as: UTF8.self)
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
    for trouble in status.troubles { text += "\n\(trouble.printable)" }
    if !status.nodes.isEmpty { text += "\n\n\(nodes(status.nodes))\n" }
    return text + "\n\(status.shards.map { "\($0)" } ?? "?") shards, \(status.memory >> 20) MiB in Redis"
  }

  private static func clock(_ clock: SystemStatus.ClockStatus) -> String {
    guard let next = clock.next, let due = clock.due else { return "nothing comes due" }
    let kinds = clock.kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.printable)" }
    let rest = clock.timers - clock.kinds.values.reduce(0, +)
    let more = rest > 0 ? ["\(rest) later"] : []
    return "\(clock.timers) timers (\((kinds + more).joined(separator: ", "))), \(clock.overdue) overdue\n"
      + "the next one is \(next.printable), due at \(due)"
  }

  private static func nodes(_ nodes: [SystemStatus.NodeStatus]) -> String {
    var table = TextTable("node", "shards", "inlets", "behind", "replicas", "MiB")
    for node in nodes {
      let isKnown = node.away == nil
      table.add(
        node.node, "\(node.shards.count)", "\(node.inlets.count)", isKnown ? "\(node.lag)" : "?",
        "\(node.replicas)", isKnown ? "\(node.memory >> 20)" : "?")
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
