import ArgumentParser
import Operations
import Redis
import Runtime

struct DeadLettersDrop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drop", abstract: "Deletes dead letters, and prints them.")

  @OptionGroup var choice: DeadLetterChoice
  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    let missing = try await Start.onThread { [choice] in
      let connection = try RedisDeployment(of: url).connect()
      let office = try DeadLetterOffice(connection)
      let (letters, missing) = try choice.letters(in: office)
      let ids = OperatorLog.list(letters.map(\.id))
      if !letters.isEmpty { OperatorLog.note(.drop, ids, on: connection) }
      for letter in letters {
        try office.drop(letter)
        print("Dropped\n\(letter.text)")
      }
      if !letters.isEmpty {
        OperatorLog.note(.drop, ids, result: "\(letters.count) dropped", on: connection)
      }
      for id in missing { print("\(id): no such dead letter.") }
      return missing
    }
    if !missing.isEmpty { throw ExitCode.failure }
  }
}
