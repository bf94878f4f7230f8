import ArgumentParser
import Runtime

/// Measures the cost of an idle system.
struct IdleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idle", abstract: "Measures what a whole system costs while nobody uses it.")

  @Option(help: "The duration of the measurement.")
  var seconds = 20

  func validate() throws { try BenchTool.check(seconds, "--seconds", in: 1...3600) }

  func run() async throws {
    print(Machine().line, "\n")
    let idle = Idle(for: .seconds(seconds))
    let result = try await BenchTool.measure { try idle.run() }
    var table = TextTable("idle for \(seconds) s", "% of one core", alignsNumbers: true)
    table.add("handover dev: five workers and the ingress", decimal(result.processShare * 100, 2))
    table.add("its redis-server", decimal(result.redisShare * 100, 2))
    print(table)
    print("\nRedis ran \(decimal(result.commandsPerSecond)) commands/s.")
  }
}
