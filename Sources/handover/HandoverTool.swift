import ArgumentParser
import Keys

struct HandoverTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "handover", abstract: "Runs and operates a Handover system.",
    discussion: "Exit status: 0 if all is well, 1 on an error or a finding, 64 on invalid arguments.",
    version: Release.version,
    subcommands: [
      DevCommand.self, HealthCommand.self, DoctorCommand.self, StatusCommand.self,
      TailCommand.self, TimelineCommand.self,
      AuditCommand.self, AuditLogCommand.self, RebuildCommand.self, WebCommand.self,
      BackupCommand.self, ArchiveCommand.self, ExportUserCommand.self, ForgetUserCommand.self,
      DeadLettersCommand.self,
      ClusterCommand.self, DashboardCommand.self, FormatCommand.self,
    ])
}
