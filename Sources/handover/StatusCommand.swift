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

      Exit status: 0 if every lane is held, nothing is behind and there are no dead letters; 2 otherwise; 1 on an
      error.
      """)

  @Flag(help: "Refresh every second, until Ctrl-C.")
  var watch = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    var isWell = true
    repeat {
      let status = try await Start.onThread { try SystemStatus(RedisDeployment(of: url).connect()) }
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
        worker.worker, "\(worker.replicas)", "\(worker.lanesHeld)/\(worker.lanes)", "\(worker.lag)",
        "\(worker.deadLetters)",
      )
    }
    var text = table.description
    for lane in status.lanes where lane.lag > 0 || lane.owner == nil {
      text += "\n\(lane.lane) is \(lane.lag) behind, held by \((lane.owner ?? "nobody").printable)"
    }
    for trouble in status.troubles { text += "\n\(trouble.printable)" }
    return text + "\n\(status.shards) shards, \(status.memory >> 20) MiB in Redis"
  }
}
