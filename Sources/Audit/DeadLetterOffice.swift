import Doors
import Lanes
import Layout
import Market
import Redis

/// Looks after the dead letters of all shards and inlets.
public struct DeadLetterOffice {
  /// What came of sending one again.
  public enum Delivery: Equatable, Sendable {
    /// It stands in its shard's stream again, and is no dead letter any more.
    case delivered(id: Int, productid: Int, shard: Shard)
    /// It stays, and why.
    case refused(String)
  }

  private let connection: RedisConnection
  private let shards: Int

  public init(_ connection: RedisConnection) throws(RedisError) {
    self.connection = connection
    shards = try connection.shardCount()
  }

  /// All of them in the order in which they died, the inlets' and shards' together.
  public func letters(of worker: String? = nil) throws(RedisError) -> [DeadLetter] {
    var letters: [DeadLetter] = []
    for tag in Worker.allCases.map(Key.inlet) + (0..<shards).map(String.init) {
      let key = LaneName(worker: "", tag: "{\(tag)}").deadLetters
      try connection.readPages(of: key) { (page) throws(RedisError) in
        letters += page.map { DeadLetter($0, tag: tag) }
      }
    }
    if let worker { letters.removeAll { $0.worker != worker } }
    return letters.sorted { $0.position < $1.position }
  }

  /// The dead letter with this id, if there is one.
  public func letter(_ id: String) throws(RedisError) -> DeadLetter? {
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let position = EntryID(parts[1]) else { return nil }
    let tag = String(parts[0])
    let key = LaneName(worker: "", tag: "{\(tag)}").deadLetters
    var found: DeadLetter?
    try connection.readPages(of: key, from: position, through: position) { (page) throws(RedisError) in
      found = page.first.map { DeadLetter($0, tag: tag) }
    }
    return found
  }

  /// Sends the command in a dead letter through the door again, then takes the dead letter away.
  ///
  /// Should this end in between, sending it once more changes nothing: the command keeps its id.
  ///
  /// - Parameter corrections: fields that replace its own, or are added to them.
  public func replay(_ letter: DeadLetter, setting corrections: Fields = [:]) throws(RedisError) -> Delivery {
    guard let worker = letter.recipient else {
      return .refused(
        "It is an event of \(letter.stream), and events cannot be sent again: mend the worker, then drop it.")
    }
    var fields = Fields(letter.fields.map { ($0.name, corrections[$0.name] ?? $0.value) })
    for (name, value) in corrections where letter.fields[name] == nil { fields.append(name, value) }
    let draft: Draft
    do throws(FieldError) {
      draft = try Draft(fields: fields, worker: worker)
    } catch {
      return .refused(error.message)
    }
    guard let admission = try pass(Request(draft: draft, commandid: letter.commandid)) else {
      return .refused("The door gave no answer.")
    }
    switch admission {
    case .admitted(let id, let productid, let shard):
      try drop(letter)
      return .delivered(id: id, productid: productid, shard: shard)
    case .full(let shard):
      return .refused("Shard \(shard.index) is too far behind to take anything in: try again later.")
    case .unknown, .conflict:
      return .refused(admission.error?.message ?? "The door refused it.")
    }
  }

  /// Takes a dead letter away.
  public func drop(_ letter: DeadLetter) throws(RedisError) {
    try connection.call("XDEL", letter.key, "\(letter.position)")
  }

  private func pass(_ request: Request) throws(RedisError) -> Admission? {
    var door = Door([request], shards: shards)
    var replies: [Reply] = []
    while true {
      var commands = Commands()
      try door.next(replies, commands: &commands)
      if commands.isEmpty { return door.admissions.first }
      replies = try connection.exchange(commands)
    }
  }
}
