import Doors
import Lanes
import Market
import Redis

/// Lets commands in and waits for what comes of them.
struct Writes: Sendable {
  enum Answer {
    case finished(Outcome)
    /// Let in; the outcome is still to come.
    case accepted(commandid: String, id: Int)
  }

  let redis: RedisClient
  let shards: Int
  /// The name under which outcomes are sent to this process.
  let ingress: String
  let book: ReplyBook
  let ordinaryWait: Duration
  let backlog: Backlog
  private let blocks = IDBlocks()

  var claims: Claims { Claims(redis: redis) }
  var operations: Operations { Operations(redis: redis, shards: shards) }

  /// - Parameter meaning: the draft that the client's key stands for, if it asked for more than is still to do.
  func submit(_ draft: Draft, meaning: Draft? = nil, _ call: Call) async throws -> Answer {
    let commandid = call.key ?? CommandID.make()
    if let key = call.key {
      if let earlier = try await claim(key, (meaning ?? draft).text(of: call)) { return .finished(earlier) }
    }
    let wait = call.preference.duration(otherwise: ordinaryWait)
    guard wait > .zero else {
      let (id, _) = try await admit(draft, commandid, replyto: nil, call)
      return .accepted(commandid: commandid, id: id)
    }
    // The answer may be there before the append returns.
    let expectation = book.expect(commandid, within: wait)
    defer { book.close(expectation, of: commandid) }
    let (id, shard) = try await admit(draft, commandid, replyto: ingress, call)
    if let outcome = await expectation.outcome() { return .finished(outcome) }
    // It may have been decided all the same: the stream of answers is bounded.
    if let outcome = try? await operations.outcome(of: commandid, in: shard) { return .finished(outcome) }
    return .accepted(commandid: commandid, id: id)
  }

  /// The outcome of an earlier copy of a request for which there is nothing left to do.
  func earlier(_ draft: Draft, _ call: Call) async throws -> Outcome? {
    guard let key = call.key, try await claims.isClaimed(key, for: draft.text(of: call)) else { return nil }
    return try await operations.outcome(of: key)
  }

  /// The outcome of an earlier copy of the request. Throws a 409 while that one is still worked on.
  private func claim(_ key: String, _ text: String) async throws -> Outcome? {
    guard case .repeated(let isRunning) = try await claims.claim(key, for: text) else { return nil }
    if let outcome = try await operations.outcome(of: key) { return outcome }
    guard !isRunning else {
      throw Problem.passing(.conflict, "stillRunning", "The same request is being worked on. Ask again soon.")
    }
    return nil
  }

  private func admit(
    _ draft: Draft, _ commandid: String, replyto: String?, _ call: Call
  ) async throws -> (id: Int, shard: Shard) {
    let request = Request(draft: draft, commandid: commandid, replyto: replyto)
    let admission = try await passTwice(request)
    if case .admitted(let id, _, let shard) = admission { return (id, shard) }
    if let key = call.key { try await claims.release(key) }
    throw admission.flatMap(Problem.init) ?? Problem(.internalServerError, "internal", "The door was silent.")
  }

  /// Takes one request through a door, and once more if the connection broke under it.
  private func passTwice(_ request: Request) async throws -> Admission? {
    let wasConnected = redis.isConnected
    var door = Door([request], shards: shards, blocks: blocks, isFull: backlog.isFull)
    do throws(RedisError) {
      return try await pass(&door)
    } catch {
      guard wasConnected, error.code == .unavailable || error.code == .timeout else { throw error }
    }
    // The connection comes back at once if it can at all, and the command id makes a second copy harmless.
    try await Task.sleep(for: .milliseconds(50))
    door.restart()
    return try await pass(&door)
  }

  private func pass(_ door: inout Door) async throws(RedisError) -> Admission? {
    var replies: [Reply] = []
    while true {
      var commands = Commands()
      try door.next(replies, commands: &commands)
      if commands.isEmpty { return door.admissions.first }
      replies = try await redis.send(commands)
    }
  }
}

extension Draft {
  /// Everything the request says, in one fixed order: what a client's key stands for.
  fileprivate func text(of call: Call) -> String {
    var all: Fields = ["type": kind.rawValue]
    if let id { all.append("id", String(id)) }
    if let productid { all.append("productid", String(productid)) }
    all.pairs += fields.pairs
    return "\(call.line)\t\(all.packed)"
  }
}
