import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime
import Workers

/// Forgets a person.
struct ForgetUserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget-user", abstract: "Puts a stand-in in a person's place in everything that has ended.",
    discussion: """
      EXAMPLE
        handover forget-user 김민지 --archive /archive

      Refuses while a deal or a listing of the person is under way, and says which. Prints what remains until when. Run
      it again to see that nothing is left: it then finds nothing.
      """)

  @Argument(help: "The person's id.")
  var userid: String

  @OptionGroup var archive: PersonArchive

  @Option(help: ArgumentHelp("How long to wait for the workers.", valueName: "seconds"))
  var wait = 60

  @OptionGroup var settings: Settings

  func run() async throws {
    let (url, userid, folder) = (try settings.redis(), userid, archive.folder)
    let patience = Duration.seconds(max(0, wait))
    let report = try await Start.onThread {
      let redis = try RedisDeployment(of: url)
      return try RebuildLock.hold(on: redis) {
        let connection = try redis.connect()
        try connection.forgetDigests()
        if let folder { _ = try Archiver(connection, to: folder).run() }
        return try Forgetting(userid, on: connection, archive: folder).run(waiting: patience)
      }
    }
    guard report.left.isEmpty else {
      throw StartError(
        """
        Not everything is forgotten yet: \(OperatorLog.list(report.left)). Do the workers run? Run it again when they do.
        """)
    }
    if report.isNothing { return print("Nothing names this person.\(folder == nil ? Self.files : "")") }
    print(
      """
      Forgotten: \(report.items) reservations, trades and stocks, \(report.notices) notices, \(report.records) archived \
      records, \(report.letters) dead letters.
      """)
    let hours = try Settings.number(nil, "", or: "handover.retention.hours", in: 1...876_000) ?? 168
    let date = { (hours: Int) in Date.now.addingTimeInterval(Double(hours) * 3600).formatted(.iso8601) }
    print(
      """
      What still names the person:
        the journals and the commands    until \(date(hours)) (HANDOVER_RETENTION_HOURS)
        answers to their calls           until \(date(24))
        the status streams               until so much has happened that they are full
        backups                          as long as you keep them\(folder == nil ? "\n  files of the archive             unless you name them: --archive" : "")
      """)
  }

  private static let files = " Files of the archive were not looked at: name them with --archive."
}
