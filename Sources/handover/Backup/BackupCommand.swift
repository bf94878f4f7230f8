import ArgumentParser

/// Makes backups, tries them, and restores them.
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies all data to a folder, tries such a copy, and restores it.",
    discussion: """
      EXAMPLES
        handover backup --to /backup --check --keep 7
        handover backup check /backup
        handover backup restore /backup

      It needs redis-cli, and to try or restore a backup redis-server, in a release that is not older than the servers'.
      """,
    subcommands: [BackupMake.self, BackupCheck.self, BackupRestore.self], defaultSubcommand: BackupMake.self)
}
