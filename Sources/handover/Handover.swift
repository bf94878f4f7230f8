import ArgumentParser

@main
struct Handover: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "handover", abstract: "Runs and looks after a Handover system.",
    discussion: "Exit status: 0 if all is well, 1 on an error or a finding, 64 for a wrong call.",
    subcommands: [
      Dev.self, Bench.self, Status.self, Tail.self, TimelineCommand.self, AuditCommand.self, Rebuild.self,
      DeadLetters.self,
    ])
}
