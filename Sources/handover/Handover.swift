import ArgumentParser

@main
struct Handover: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "handover", abstract: "Runs and looks after a Handover system.", subcommands: [Dev.self])
}
