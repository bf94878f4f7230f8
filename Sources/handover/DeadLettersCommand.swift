import ArgumentParser

/// Looks after what no worker could handle.
struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deadletters", abstract: "Lists, shows, sends again and drops what no worker could handle.",
    subcommands: [
      DeadLettersList.self, DeadLettersShow.self, DeadLettersReplay.self, DeadLettersDrop.self,
    ])
}
