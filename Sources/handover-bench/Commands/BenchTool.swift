import ArgumentParser
import Runtime

/// Measures the real executables, each benchmark on its own Redis.
@main
struct BenchTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "handover-bench",
    abstract: "Measures the system on this machine, on a private redis-server.",
    discussion: "Build with -c release first, and run nothing else meanwhile.",
    subcommands: [
      TableCommand.self, DrainCommand.self, DealsCommand.self, HTTPCommand.self, GrowthCommand.self,
      IdleCommand.self,
      NoticesCommand.self, SoakCommand.self,
      BareServerCommand.self,
    ])

  /// Runs blocking work that starts processes, which are removed on Ctrl-C.
  static func measure<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws
    -> Result
  {
    Cleanup.guardAgainstSignals()
    return try await Start.onThread(work)
  }

  /// Throws if an option's number is outside the range.
  static func check(_ number: Int, _ name: String, in range: ClosedRange<Int>) throws {
    guard range.contains(number) else {
      throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound).")
    }
  }
}
