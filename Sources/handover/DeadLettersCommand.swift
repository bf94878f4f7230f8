import ArgumentParser

/// Manages the entries that no worker could handle.
struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deadletters", abstract: "Lists, shows, replays and drops what no worker could handle.",
    subcommands: [
      DeadLettersList.self, DeadLettersShow.self, DeadLettersReplay.self, DeadLettersDrop.self,
    ])
}
