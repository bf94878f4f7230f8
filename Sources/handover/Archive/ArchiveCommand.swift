import ArgumentParser
import Operations

/// Moves ended deals out of Redis, and shows them.
struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Writes what has ended and left Redis to files, and shows it.",
    discussion: """
      EXAMPLES
        handover archive --to /archive
        handover archive show 17 --from /archive
      """,
    subcommands: [ArchiveExport.self, ArchiveShow.self], defaultSubcommand: ArchiveExport.self)
}

/// The folder with the files of the archive.
struct ArchivePlace: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "The folder of handover archive --to, for what is no longer in Redis.", valueName: "folder"))
  var from: String?

  var folder: ArchiveFolder? { from.map { ArchiveFolder($0) } }
}
