import ArgumentParser
import Operations
import Redis

/// Which dead letters a command is about.
struct DeadLetterChoice: ParsableArguments {
  @Argument(help: ArgumentHelp("As list shows them, such as 3/1712-0.", valueName: "id"))
  var ids: [String] = []

  @Flag(help: "All there are.")
  var all = false

  func validate() throws {
    if ids.isEmpty != all { throw ValidationError("Name the dead letters, or say --all.") }
  }

  /// The letters in the order in which they died, and the names of those that are not there.
  func letters(in office: DeadLetterOffice) throws(RedisError) -> (found: [DeadLetter], missing: [String]) {
    if all { return (try office.letters(), []) }
    var (found, missing): ([DeadLetter], [String]) = ([], [])
    for id in ids {
      if let letter = try office.letter(id) { found.append(letter) } else { missing.append(id) }
    }
    return (found.sorted { $0.position < $1.position }, missing)
  }
}
