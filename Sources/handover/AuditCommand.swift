import ArgumentParser
import Keys
import Lanes
import Operations
import Redis
import Runtime
import Workers

/// Compares everything that is stored with what follows from the journals.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Checks that every command has one outcome, every number adds up and nothing is missing.",
    discussion: """
      It only reads, in small steps, so the system can run meanwhile; some checks run only when it is idle. Exits
      with status 1 if anything is wrong.
      """)

  @Option(help: ArgumentHelp("Wait until all lanes have read everything.", valueName: "seconds"))
  var wait = 0

  @Flag(help: "Print the report as JSON.")
  var json = false

  @Flag(
    help: ArgumentHelp(
      "Rebuild wrong notices and my page rows from the journal, and restore what a fail-over lost.",
      discussion: """
        Of items that exist, their entries in the directory and their places in the indexes; and counters of ids that \
        went back. Nothing that says something else is overwritten.
        """))
  var repair = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let (url, patience) = (try settings.redis(), Duration.seconds(max(0, wait)))
    let logger = try settings.logger("handover")
    let (report, repaired) = try await Start.onThread { [repair] in
      let redis = try RedisDeployment(of: url)
      let connection = try redis.connect()
      let auditor = Auditor(connection)
      guard repair else { return (try auditor.run(waiting: patience), 0) }
      return try RebuildLock.hold(on: redis) {
        let report = try auditor.run(waiting: patience)
        guard report.isAtRest, report.canRepair else { return (report, 0) }
        let count = report.broken.count + report.remedies.count
        OperatorLog.note(.repair, "\(count) records", on: connection)
        let mended = try auditor.repair(report, of: redis, waiting: patience, logger: logger)
        OperatorLog.note(
          .repair, "\(count) records", result: "\(mended.differenceCount) differences left", on: connection)
        return (mended, count)
      }
    }
    print(json ? try report.json : report.text)
    if repair && !json {
      print(
        report.isAtRest
          ? "\nRepaired \(repaired) records." : "\nRepaired nothing: the system is not idle.")
    }
    if !report.isClean { throw ExitCode.failure }
  }
}
