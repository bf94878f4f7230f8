import Doors
import Lanes
import Market
import Redis

/// Admits commands and waits for their outcomes.
struct Writes: Sendable {
  enum Answer {
    /// - Parameter isReplayed: whether an earlier copy of the request was carried out, and this one was not.
    case finished(Outcome, commandid: String, isReplayed: Bool)
    /// Admitted; the outcome is not known yet.
    case accepted(commandid: String, id: Int)
  }

  /// The user has so many reservations that it has to be counted how many of them wait. Nothing was admitted.
  struct Crowded: Error {}

  let redis: RedisClient
  let shards: Int
  /// The name under which outcomes are sent to this process.
  let ingress: String
  let pending: PendingReplies
  let ordinaryWait: Duration
  let backlog: FullShards
  let blocks: IDBlocks

  var claims: IdempotencyClaims { IdempotencyClaims(redis: redis) }
  var operations: Operations { Operations(redis: redis, shards: shards) }

  /// Admits a command and waits for its outcome as long as the client wants.
  ///
  /// - Parameters:
  ///   - asked: what the idempotency key stands for, if `draft` is only the part still to be done.
  ///   - ceiling: how many reservations the user may have; throws `Crowded` beyond it.
  func submit(
    _ draft: Draft, asked: Draft? = nil, ceiling: Int? = nil, _ call: WriteCall
  ) async throws -> Answer {
    let claim = try await claim(asked ?? draft, call)
    let commandid = claim?.commandid ?? CommandName.made(for: call.viewer.actor)
    if let claim, claim.isRepeated {
      let shard = draft.productid.map { Shard.of(productid: $0, among: shards) }
      let earlier = try await operations.outcome(of: commandid, (asked ?? draft).digest, in: shard)
      if let earlier { return .finished(earlier, commandid: commandid, isReplayed: true) }
      guard !claim.isRunning else {
        throw Problem.passing(
          .stillRunning, "The same request is still being processed. Try again soon.",
          message: "같은 요청을 처리하고 있습니다. 잠시 뒤에 다시 시도해 주세요.")
      }
    }
    let ids = claim?.ids ?? []
    let wait = call.preference.duration(otherwise: ordinaryWait)
    func request(reserved id: Int?) -> CommandRequest {
      CommandRequest(
        draft: draft, commandid: commandid, replyto: wait > .zero ? ingress : nil, actor: call.viewer.actor,
        ceiling: ceiling, reserved: id,
        digest: asked?.digest, isFollowed: true)
    }
    guard wait > .zero else {
      let (id, _) = try await admit(ids, call, request)
      return .accepted(commandid: commandid, id: id)
    }
    // The outcome can arrive before the append returns.
    let expectation = pending.expect(commandid, within: wait)
    defer { pending.close(expectation, of: commandid) }
    let (id, shard) = try await admit(ids, call, request)
    if let outcome = await expectation.outcome() {
      return .finished(outcome, commandid: commandid, isReplayed: false)
    }
    // The command can have been decided anyway: the stream of replies is bounded.
    let outcome = try? await operations.outcome(of: commandid, (asked ?? draft).digest, in: shard)
    return outcome.map { .finished($0, commandid: commandid, isReplayed: false) }
      ?? .accepted(commandid: commandid, id: id)
  }

  /// Returns the outcome of an earlier copy of a request for which there is nothing left to do.
  func earlier(_ draft: Draft, _ call: WriteCall) async throws -> Outcome? {
    guard let key = call.key, let claim = try await claims.earlier(key, for: draft.text(of: call)) else {
      return nil
    }
    return try await operations.outcome(of: claim.commandid, draft.digest)
  }

  /// Claims the call's idempotency key; nil if it has none.
  private func claim(_ draft: Draft, _ call: WriteCall) async throws -> IdempotencyClaims.Claim? {
    guard let key = call.key else { return nil }
    let id = draft.leavesID ? try await newID(draft.kind.entity) : nil
    return try await claims.claim(key, for: draft.text(of: call), reserving: id)
  }

  /// Takes a command through the door, with the next candidate id if one is taken.
  ///
  /// - Parameter ids: the candidate ids for what the request creates, in order; if none, the door makes one.
  private func admit(
    _ ids: [Int], _ call: WriteCall, _ request: (_ reserved: Int?) -> CommandRequest
  ) async throws -> (id: Int, shard: Shard) {
    var (ids, place) = (ids, 0)
    while true {
      let request = request(place < ids.count ? ids[place] : nil)
      let admission = try await pass(request)
      if case .admitted(let id, _, let shard) = admission { return (id, shard) }
      if case .conflict(let entity, _, _) = admission, request.draft.leavesID, let key = call.key {
        // The id has been taken meanwhile: all copies of the request go on to the next one.
        place += 1
        if place >= ids.count { ids = try await claims.mean(newID(entity, collisions: place), for: key) }
        continue
      }
      if let key = call.key { try await claims.release(key) }
      if case .crowded = admission { throw Crowded() }
      throw admission.flatMap(Problem.init)
        ?? Problem(.internal, "The door gave no answer.", message: "서버에서 문제가 생겼습니다.")
    }
  }

  /// Returns an unused id.
  private func newID(_ entity: Entity, collisions: Int = 0) async throws -> Int {
    while true {
      if let id = blocks.next(entity) { return id }
      var commands = Commands()
      let question = blocks.ask(entity, needing: 1, collisions: collisions, &commands)
      try blocks.receive(question, try await redis.send(commands)[...])
    }
  }

  /// Takes one request through a door, and a few times more if a connection broke or a slot has another node.
  private func pass(_ request: CommandRequest) async throws -> Admission? {
    let wasConnected = redis.isConnected
    var door = Door([request], shards: shards, blocks: blocks, isFull: backlog.isFull)
    let start = ContinuousClock.now
    var tries = 1
    while true {
      do throws(RedisError) {
        return try await door.run(on: redis).first
      } catch {
        // At least twice, but a caller does not wait several times for a server that hangs.
        let mayTry = tries < 2 || tries < Self.mostTries && .now - start < .seconds(1)
        guard wasConnected, mayTry, error.code.concernsNode else { throw error }
      }
      tries += 1
      // The connection is back at once if it can be, and the command id makes another copy harmless.
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// How often a request knocks at the door.
  private static let mostTries = 10
}

extension RedisError.Code {
  /// Whether the same commands can succeed at once on another connection or at another node.
  fileprivate var concernsNode: Bool {
    switch self {
    case .unavailable, .timeout: true
    case .refused(let kind): [.moved, .ask, .tryAgain, .clusterDown].contains(kind)
    case .badURL, .overloaded, .untrusted, .unexpectedReply, .replyTooLarge: false
    }
  }
}

extension Draft {
  /// Whether it creates an item and leaves the id to the door.
  fileprivate var leavesID: Bool { kind.creates && id == nil }

  /// Returns everything the request says, in a fixed order: what a client's key stands for.
  fileprivate func text(of call: WriteCall) -> String {
    var all: Fields = ["type": kind.rawValue]
    if let id { all.append("id", String(id)) }
    if let productid { all.append("productid", String(productid)) }
    all.pairs += fields.pairs
    return "\(call.line)\t\(all.packed)"
  }
}
