import ArgumentParser
import Operations
import Redis
import Runtime

/// Tells everything about a person.
struct ExportUserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export-user", abstract: "Prints everything about a person as one JSON document.",
    discussion: """
      EXAMPLE
        handover export-user 김민지 --archive /archive > 김민지.json

      It looks at everything in Redis, in small steps: what is stored, and what the streams still have. Each thing says
      where it comes from. Addresses are included. The operators' log notes that it was done.
      """)

  @Argument(help: "The person's id.")
  var userid: String

  @OptionGroup var archive: PersonArchive
  @OptionGroup var settings: Settings

  func run() async throws {
    let (url, userid, folder) = (try settings.redis(), userid, archive.folder)
    try await Start.onThread {
      let connection = try RedisDeployment(of: url).connect()
      OperatorLog.note(.show, "everything of \(OperatorLog.person(userid))", on: connection)
      try PersonExport(of: userid, on: connection, archive: folder).run { try Output.write([$0]) }
    }
  }
}

/// The files that can name a person.
struct PersonArchive: ParsableArguments {
  @Option(
    name: .customLong("archive"),
    help: ArgumentHelp("The folder of handover archive --to, if there is one.", valueName: "folder"))
  var archive: String?

  var folder: ArchiveFolder? { archive.map { ArchiveFolder($0) } }
}
