import ArgumentParser
import Runtime

/// Measurements of the real executables, each on a Redis of its own.
@main
struct BenchTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "handover-bench",
    abstract: "Measures the system on this machine, on a private redis-server.",
    discussion: "Build with -c release first, and let nothing else run.",
    subcommands: [
      DrainCommand.self, DealsCommand.self, HTTPCommand.self, GrowthCommand.self, IdleCommand.self,
      BareServerCommand.self,
    ])

  /// Runs blocking work that starts processes, and takes them away on Ctrl-C.
  static func measure<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws
    -> Result
  {
    Cleanup.guardAgainstSignals()
    return try await Start.onThread(work)
  }

  /// A number from an option. Throws outside the range.
  static func check(_ number: Int, _ name: String, in range: ClosedRange<Int>) throws {
    guard range.contains(number) else {
      throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound).")
    }
  }
}
