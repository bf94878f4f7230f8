import ArgumentParser
import Operations
import Redis

/// The dead letters that a command applies to.
struct DeadLetterChoice: ParsableArguments {
  @Argument(help: ArgumentHelp("The ids that list shows, such as 3/1712-0.", valueName: "id"))
  var ids: [String] = []

  @Flag(help: "All dead letters.")
  var all = false

  func validate() throws {
    if ids.isEmpty != all { throw ValidationError("Give either ids of dead letters or --all.") }
  }

  /// Returns the letters in the order in which they were put aside, and the ids that do not exist.
  func letters(in office: DeadLetterOffice) throws(RedisError) -> (found: [DeadLetter], missing: [String]) {
    if all { return (try office.letters(), []) }
    var (found, missing): ([DeadLetter], [String]) = ([], [])
    for id in ids {
      if let letter = try office.letter(id) { found.append(letter) } else { missing.append(id) }
    }
    return (found.sorted { $0.position < $1.position }, missing)
  }
}
