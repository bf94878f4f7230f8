import ArgumentParser
import Market
import Operations
import Redis
import Runtime

struct DeadLettersReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Sends dead letters through the door again, the oldest first.",
    discussion: """
      A command keeps its id, so it takes effect once, however often it is sent; --set commandid=NAME makes it
      another command, operator:NAME. If the door refuses it again, it stays a dead letter. An event goes back to
      the lane that put it aside, once. What notification and mypage put aside is restored by handover rebuild.
      Exits with status 1 if any dead letter was refused or does not exist.
      """)

  @OptionGroup var choice: DeadLetterChoice

  @Option(
    help: ArgumentHelp("Correct a field first. Can be repeated.", valueName: "name=value"),
    transform: { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ValidationError("“\(text)” must be name=value.")
      }
      return (name: String(parts[0]), value: String(parts[1]))
    })
  var set: [(name: String, value: String)] = []

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    let isDone = try await Start.onThread { [choice, corrections = Fields(set)] in
      let connection = try RedisDeployment(of: url).connect()
      let office = try DeadLetterOffice(connection)
      let (letters, missing) = try choice.letters(in: office)
      for id in missing { print("\(id): no such dead letter.") }
      let ids = OperatorLog.list(letters.map(\.id))
      if !letters.isEmpty {
        OperatorLog.note(
          .replay, ids, change: OperatorLog.changes(corrections, of: letters), on: connection)
      }
      var (isDone, refused) = (missing.isEmpty, 0)
      for letter in letters {
        switch try office.replay(letter, setting: corrections) {
        case .delivered(let commandid, let id, let shard):
          print("\(letter.id): sent to shard \(shard.index) as \(commandid), id \(id).".printable)
        case .handedBack(let type, let position, let lane):
          print("\(letter.id): \(lane) handles \(type) of \(position) again.")
        case .refused(let why):
          isDone = false
          refused += 1
          print("\(letter.id): stays a dead letter. \(why)".printable)
        }
      }
      if !letters.isEmpty {
        let result = "\(letters.count - refused) sent, \(refused) refused"
        OperatorLog.note(.replay, ids, result: result, on: connection)
      }
      return isDone
    }
    if !isDone { throw ExitCode.failure }
  }
}
