import Keys
import Lanes
import Market
import Redis

/// Admits commands: finds each one's product and shard, claims new ids, and appends to the shards in order.
///
/// A state machine without I/O: `next` says what to send, and takes the replies. `run` does that for whoever
/// can wait for Redis; an inlet's lane, which cannot, takes the steps itself.
///
/// Admitting the same request twice is harmless: its command id makes the second one a no-op.
package struct Door: Sendable {
  package enum Step: Sendable {
    /// Send these commands, and call `next` with their replies.
    case ask(Commands)
    /// All requests are decided. The results are in the order of the requests.
    case done([Admission])
  }

  private enum Stage { case start, claiming, appended }

  private struct Visit: Sendable {
    let request: CommandRequest
    var id: Int?
    var productid: Int?
    var isClaimed = false
    var isUnderCeiling = false
    /// How many ids chosen by the door were already taken.
    var collisions = 0
    var refusal: Admission?

    var kind: CommandKind { request.draft.kind }
    /// Whether the door chooses the id, not the sender.
    var isMade: Bool { kind.creates && request.draft.id == nil }
  }

  /// What the current round waits for, and how many replies it has.
  private enum Wait {
    case ids(IDBlocks.Question)
    /// A claim of an id that the door has chosen.
    case claim(visit: Int)
    /// A claim of an id that a person has chosen, and whether something that has left had it.
    case chosenClaim(visit: Int)
    case lookup(visit: Int)
    /// A lookup of what has left.
    case leftLookup(visit: Int)
    case trace(visit: Int, productid: Int)
    case count(visit: Int)
    case restored

    var replies: Int {
      switch self {
      case .ids(let question): question.replies
      case .trace, .chosenClaim: 2
      case .claim, .lookup, .leftLookup, .count, .restored: 1
      }
    }
  }

  private let shards: Int
  private let isFull: @Sendable (Shard) -> Bool
  private let blocks: IDBlocks
  private var visits: [Visit]
  private var waits: [Wait] = []
  private var stage = Stage.start

  /// - Parameters:
  ///   - blocks: The source of new ids. The default takes no more than are needed.
  ///   - isFull: Whether a shard accepts no commands for now.
  package init(
    _ requests: [CommandRequest], shards: Int, blocks: IDBlocks = IDBlocks(size: 1),
    isFull: @escaping @Sendable (Shard) -> Bool = { _ in false }
  ) {
    self.shards = shards
    self.blocks = blocks
    self.isFull = isFull
    visits = requests.map {
      Visit(request: $0, id: $0.draft.id ?? $0.reserved, productid: $0.draft.productid)
    }
  }

  private var admissions: [Admission] {
    visits.map { visit in
      if let refusal = visit.refusal { return refusal }
      let (id, productid) = (visit.id ?? 0, visit.productid ?? 0)
      return .admitted(id: id, productid: productid, shard: .of(productid: productid, among: shards))
    }
  }

  /// Starts again, for example because replies were lost. Keeps the ids that are already claimed.
  ///
  /// Of the door's own ids, others are taken for those that could not be claimed: the node that would know
  /// them can be away.
  mutating func restart() {
    for index in visits.indices where stage == .claiming {
      let visit = visits[index]
      if visit.isMade, !visit.isClaimed, visit.request.reserved == nil { visits[index].id = nil }
    }
    stage = .start
    waits = []
  }

  /// Returns what to do next.
  ///
  /// - Parameter replies: The replies to the commands of the last step, none at the start.
  package mutating func next(_ replies: [Reply] = []) throws(RedisError) -> Step {
    var commands = Commands()
    switch stage {
    case .start:
      ask(&commands)
      stage = .claiming
      if commands.isEmpty { append(&commands) }
    case .claiming:
      let asked = waits
      waits = []
      var rest = replies[...]
      for wait in asked {
        try receive(wait, rest.prefix(wait.replies), &commands)
        rest = rest.dropFirst(wait.replies)
      }
      ask(&commands)
      if commands.isEmpty { append(&commands) }
    case .appended:
      for reply in replies {
        for part in try reply.get() { try part.get() }
      }
    }
    return commands.isEmpty ? .done(admissions) : .ask(commands)
  }

  /// Adds the commands for what is still unknown: new ids, claims of ids, or the products of existing ids.
  private mutating func ask(_ commands: inout Commands) {
    var lacking: [Entity: (count: Int, collisions: Int)] = [:]
    let asked = Set(
      waits.compactMap { wait in
        switch wait {
        case .trace(let visit, _), .leftLookup(let visit): visit
        case .ids, .claim, .chosenClaim, .lookup, .count, .restored: nil
        }
      })
    for index in visits.indices where visits[index].refusal == nil && !visits[index].isClaimed {
      if asked.contains(index) { continue }
      if let actor = visits[index].request.actor, visits[index].request.ceiling != nil,
        !visits[index].isUnderCeiling
      {
        commands.add("ZCARD", Key.mypage(of: actor.userid))
        waits.append(.count(visit: index))
      }
      let entity = visits[index].kind.entity
      if visits[index].id == nil { visits[index].id = blocks.next(entity) }
      let visit = visits[index]
      if let id = visit.id, visit.kind.creates, let productid = visit.productid {
        let entry = DirectoryEntry(
          productid: productid, commandid: visit.request.commandid, isMade: visit.isMade)
        commands.add("SET", Key.directory(entity, id: id), entry.text, "NX", "GET")
        if visit.isMade {
          // Only the small directory has ids of doors that have left, and no door makes one again.
          waits.append(.claim(visit: index))
        } else {
          // After the claim: what leaves is first written there, and then removed from here.
          commands.add("HGET", Key.directory(archived: entity, id: id), "\(id)")
          waits.append(.chosenClaim(visit: index))
        }
      } else if let id = visit.id {
        commands.add("GET", Key.directory(entity, id: id))
        waits.append(.lookup(visit: index))
      } else {
        let (count, collisions) = lacking[entity] ?? (0, 0)
        lacking[entity] = (count + 1, max(collisions, visit.collisions))
      }
    }
    for (entity, need) in lacking {
      let question = blocks.ask(
        entity, needing: need.count, collisions: need.collisions, &commands)
      waits.append(.ids(question))
    }
  }

  private mutating func receive(
    _ wait: Wait, _ replies: ArraySlice<Reply>, _ commands: inout Commands
  ) throws(RedisError) {
    // The first error says why; those after it only follow from it.
    for reply in replies { try reply.get() }
    guard replies.count == wait.replies, let reply = replies.last else {
      throw RedisError(.unexpectedReply, "Redis did not reply to a door.")
    }
    switch wait {
    case .ids(let question):
      try blocks.receive(question, replies)
    case .claim(let index):
      hearClaim(index, reply.string.flatMap { DirectoryEntry($0) }, &commands)
    case .chosenClaim(let index):
      let owner = replies.first?.string.flatMap { DirectoryEntry($0) }
      if owner == nil, let productid = reply.integer {
        giveBack(index, productid, &commands)
      } else {
        hearClaim(index, owner, &commands)
      }
    case .restored: break
    case .lookup(let index):
      if let owner = reply.string.flatMap({ DirectoryEntry($0) })?.productid {
        hearOwner(index, owner)
      } else {
        let (entity, id) = (visits[index].kind.entity, visits[index].id ?? 0)
        commands.add("HGET", Key.directory(archived: entity, id: id), "\(id)")
        waits.append(.leftLookup(visit: index))
      }
    case .leftLookup(let index):
      if let owner = reply.integer {
        hearOwner(index, owner)
      } else {
        visits[index].refusal = .unknown(visits[index].kind.entity, id: visits[index].id ?? 0)
      }
    case .count(let index):
      visits[index].isUnderCeiling = reply.integer ?? 0 < visits[index].request.ceiling ?? .max
      if !visits[index].isUnderCeiling { visits[index].refusal = .crowded }
    case .trace(let index, let productid):
      // If something was created under the id and this command has no outcome, another command created it.
      let isKnown = try replies.first?.get().isNull == false
      if reply.integer == 1 && !isKnown {
        let (entity, id) = (visits[index].kind.entity, visits[index].id ?? 0)
        visits[index].refusal = .conflict(entity, id: id, productid: productid)
      } else {
        visits[index].isClaimed = true
      }
    }
  }

  /// - Parameter productid: The product to which the existing id belongs.
  private mutating func hearOwner(_ index: Int, _ productid: Int) {
    if let named = visits[index].productid, named != productid {
      visits[index].refusal = .conflict(
        visits[index].kind.entity, id: visits[index].id ?? 0, productid: productid)
    }
    visits[index].productid = productid
    visits[index].isClaimed = true
  }

  /// - Parameter owner: The previous owner of the id; nil if there was none.
  private mutating func hearClaim(_ index: Int, _ owner: DirectoryEntry?, _ commands: inout Commands) {
    let (visit, entity) = (visits[index], visits[index].kind.entity)
    let commandid = visit.request.commandid
    guard let owner, let id = visit.id,
      owner.productid != visit.productid || owner.commandid.map({ $0 != commandid }) ?? true
    else {
      visits[index].isClaimed = true
      return
    }
    if visit.isMade {
      if owner.isMade { blocks.wasGivenTwice(id, of: entity) } else { blocks.clear(entity) }
      if visit.request.reserved != nil {
        visits[index].refusal = .conflict(entity, id: id, productid: owner.productid)
      } else {
        visits[index].collisions += 1
        visits[index].id = nil
      }
    } else if owner.productid != visit.productid {
      visits[index].refusal = .conflict(entity, id: id, productid: owner.productid)
    } else {
      // Another command claimed the id for the same product. If it created nothing, the id is still free.
      let shard = Shard.of(productid: owner.productid, among: shards)
      commands.add("GET", Key.operation(commandid, in: shard))
      commands.add("EXISTS", Key.trace(of: entity, id: id, in: shard))
      waits.append(.trace(visit: index, productid: owner.productid))
    }
  }

  /// Gives back a claim of an id that something had which has left since.
  private mutating func giveBack(_ index: Int, _ productid: Int, _ commands: inout Commands) {
    guard let id = visits[index].id else { return }
    let entity = visits[index].kind.entity
    let former = DirectoryEntry(productid: productid, commandid: nil, isMade: false)
    commands.add("SET", Key.directory(entity, id: id), former.text)
    waits.append(.restored)
    visits[index].refusal = .conflict(entity, id: id, productid: productid)
  }

  /// Appends to each shard in the order of the requests, all or nothing: a later request must not be admitted
  /// if an earlier one was refused, for example because Redis was briefly out of memory.
  private mutating func append(_ commands: inout Commands) {
    stage = .appended
    var order: [Shard] = []
    var entries: [Shard: [RESPWords]] = [:]
    for (index, visit) in visits.enumerated() where visit.refusal == nil {
      guard let id = visit.id, let productid = visit.productid else { continue }
      let shard = Shard.of(productid: productid, among: shards)
      if isFull(shard) {
        visits[index].refusal = .full(shard)
        continue
      }
      if entries[shard] == nil { order.append(shard) }
      entries[shard, default: []].append(entry(visit.request, id: id, productid: productid, in: shard))
      if visit.request.isFollowed {
        // After the command, so the record proves that the command was appended. `NX`, as the outcome can be
        // first.
        let record = Key.operation(visit.request.commandid, in: shard)
        entries[shard]?.append(RESPWords("SET", record, CommandRecord.waiting, "NX"))
      }
    }
    for shard in order {
      let words = entries[shard] ?? []
      let isOne = words.count == 1 || visits.count == 1
      if !isOne { commands.add("MULTI") }
      for words in words { commands.add(words) }
      if !isOne { commands.add("EXEC") }
    }
  }

  private func entry(_ request: CommandRequest, id: Int, productid: Int, in shard: Shard) -> RESPWords {
    var words = RESPWords("XADD", Key.commands(request.draft.kind.worker, in: shard), "*")
    for (name, value) in request.draft.fields(id: id, productid: productid) {
      words.add(name)
      words.add(value)
    }
    if !request.isSaid {
      words.add(CommandDigest.field)
      words.add(request.digest.text)
    }
    words.add("commandid")
    words.add(request.commandid)
    for (name, value) in request.actor?.fields ?? [:] {
      words.add(name)
      words.add(value)
    }
    if let replyto = request.replyto {
      words.add("replyto")
      words.add(replyto)
    }
    return words
  }
}
