import ArgumentParser
import Foundation
import Operations
import Redis
import Runtime

struct DeadLettersList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Shows one line per dead letter, the oldest first.")

  @Option(help: "Only dead letters of this worker.")
  var worker: String?

  @Flag(help: "Print them as JSON, with all their fields.")
  var json = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    let letters = try await Start.onThread { [worker] in
      try DeadLetterOffice(RedisDeployment(of: url).connect()).letters(of: worker)
    }
    if json {
      print(try letters.json)
    } else {
      for letter in letters { print(letter.line) }
    }
  }
}
