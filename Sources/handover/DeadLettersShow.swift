import ArgumentParser
import Operations
import Redis
import Runtime

struct DeadLettersShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a dead letter with all its fields.")

  @Argument(help: "The id that list shows, such as 3/1712-0.")
  var id: String

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    let letter = try await Start.onThread { [id] in
      try DeadLetterOffice(RedisDeployment(of: url).connect()).letter(id)
    }
    guard let letter else { throw NotFound("dead letter \(id)") }
    print(letter.text)
  }
}
