import Foundation
import Processes
import Testbed
import Testing

/// The examples in the README work.
@Suite struct ReadmeTests {
  /// One command of a shell block, and the text that its output has to contain: `… # → text`.
  private struct Example {
    let command: String
    let expected: String
  }

  @Test func `every README example prints what it says`() async throws {
    let system = try await TestSystem()
    // Whoever reads it has run the demonstration before.
    try runDemo(on: system)
    let examples = try examples()
    #expect(examples.count > 15)
    for example in examples {
      let command = example.command
        .replacing("localhost:8088", with: system.http.base)
        .replacing(".handover/redis.sock", with: "\(system.redis.folder.path)/redis.sock")
      var output = ""
      // Only a read can be repeated until it shows what is on its way.
      let isRead = !command.contains(" -d ") && !command.contains("XADD") && !command.contains("-X POST")
      let limit: Duration = isRead ? Patience.limit : .zero
      let deadline = ContinuousClock.now + limit
      repeat {
        output = try run(command, in: system.redis.folder)
      } while !output.contains(example.expected) && ContinuousClock.now < deadline
      #expect(output.contains(example.expected), "\(example.command)\n\(output)")
    }
  }

  private func runDemo(on system: TestSystem) throws {
    let log = system.redis.folder.appending(path: "demo.log")
    let demo = try RunningProcess(
      Executables.package.appending(path: "scripts/demo").path, [],
      environment: [
        "HANDOVER_URL": system.http.base, "HANDOVER_REDIS": "-s \(system.redis.folder.path)/redis.sock",
      ], log: log)
    demo.wait()
    let shown = try String(contentsOf: log, encoding: .utf8)
    #expect(demo.exitStatus == 0, "\(shown)")
  }

  private func examples() throws -> [Example] {
    let text = try String(contentsOf: Executables.package.appending(path: "README.md"), encoding: .utf8)
    var examples: [Example] = []
    var command: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        command = line == "```sh" ? "" : nil
      } else if let begun = command {
        let parts = line.components(separatedBy: "   # → ")
        command = begun + parts[0] + "\n"
        if parts.count == 2 {
          examples.append(Example(command: begun + parts[0], expected: parts[1]))
          command = ""
        }
      }
    }
    return examples
  }

  private func run(_ command: String, in folder: URL) throws -> String {
    let log = folder.appending(path: "readme-\(UInt32.random(in: 0...UInt32.max))")
    let shell = try RunningProcess("bash", ["-c", command], log: log)
    shell.wait()
    return try String(contentsOf: log, encoding: .utf8)
  }
}
