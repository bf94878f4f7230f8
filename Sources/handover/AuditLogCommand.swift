import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime

/// Shows what operators did.
struct AuditLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit-log", abstract: "Shows what operators did, the newest first.",
    discussion: """
      Everything that the operator's page showed of people or changed, and what the commands of handover changed. An
      entry is written before something is done, and another one afterwards, with what came of it. Redis keeps about
      \(OperatorLog.kept) of them.
      """)

  @Option(help: ArgumentHelp("The most entries.", valueName: "count"))
  var limit = 100

  @Flag(help: "Print one JSON object per line.")
  var json = false

  @OptionGroup var settings: Settings

  func validate() throws {
    if !(1...OperatorLog.kept).contains(limit) {
      throw ValidationError("--limit must be a number from 1 to \(OperatorLog.kept).")
    }
  }

  func run() async throws {
    let url = try settings.redis()
    let entries = try await Start.onThread { [limit] in
      try OperatorLog.last(limit, on: RedisDeployment(of: url).connect())
    }
    if json { return try Output.write(entries.map { try $0.json }) }
    var table = TextTable("time", "operator", "by", "action", "about", "change", "result")
    for entry in entries {
      table.add(
        entry.time, entry.name, entry.way, entry.action, entry.subject, entry.change, entry.result)
    }
    try Output.write([table.description])
  }
}
