import ArgumentParser

/// Manages the Redis Cluster of a system.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Spreads the work over the masters of a Redis Cluster.",
    subcommands: [ClusterBalanceCommand.self])
}
