import Lanes
import Layout
import Market
import Redis

/// Lets commands in: finds each one's product and shard, claims new ids, and appends to the shards in order.
///
/// A state machine without I/O, so that the ingress and the inlets share it: `next` gives the commands of a round
/// and takes their replies, until it gives none. Letting the same request in twice is harmless: its command id
/// makes the second one a no-op.
public struct Door: Sendable {
  private enum Step { case start, claiming, appended }

  private struct Visit: Sendable {
    let request: Request
    var id: Int?
    var productid: Int?
    var isClaimed = false
    /// How often an id that the door made was already taken.
    var collisions = 0
    var refusal: Admission?

    var kind: CommandKind { request.draft.kind }
  }

  /// What a visit waits for in the round under way.
  private enum Wait { case id, claim, lookup }

  private let shards: Int
  private let isFull: @Sendable (Shard) -> Bool
  private let blocks: IDBlocks?
  private var visits: [Visit]
  private var waits: [(visit: Int, wait: Wait)] = []
  private var step = Step.start

  /// - Parameters:
  ///   - blocks: where new ids come from; without it each is asked for.
  ///   - isFull: whether a shard takes nothing more in for now.
  public init(
    _ requests: [Request], shards: Int, blocks: IDBlocks? = nil,
    isFull: @escaping @Sendable (Shard) -> Bool = { _ in false }
  ) {
    self.shards = shards
    self.blocks = blocks
    self.isFull = isFull
    visits = requests.map { Visit(request: $0, id: $0.draft.id, productid: $0.draft.productid) }
  }

  private var blockSize: Int { blocks == nil ? 1 : IDBlocks.size }

  /// What became of the requests, in their order; complete after the last round.
  public var admissions: [Admission] {
    visits.map { visit in
      if let refusal = visit.refusal { return refusal }
      let (id, productid) = (visit.id ?? 0, visit.productid ?? 0)
      return .admitted(id: id, productid: productid, shard: .of(productid: productid, among: shards))
    }
  }

  /// Begins again after a round whose replies were lost, with the ids that are already claimed.
  public mutating func restart() {
    step = .start
    waits = []
  }

  public mutating func next(_ replies: [Reply], commands: inout Commands) throws(RedisError) {
    switch step {
    case .start:
      for index in visits.indices { ask(index, &commands) }
      step = .claiming
      if commands.isEmpty { append(&commands) }
    case .claiming:
      let asked = waits
      waits = []
      for (question, reply) in zip(asked, replies) {
        try hear(question.visit, question.wait, try reply.get())
        ask(question.visit, &commands)
      }
      if commands.isEmpty { append(&commands) }
    case .appended:
      for reply in replies { try reply.get() }
    }
  }

  /// Adds what the visit still has to know: its id, its claim, or the product of an id that exists.
  private mutating func ask(_ index: Int, _ commands: inout Commands) {
    guard visits[index].refusal == nil, !visits[index].isClaimed else { return }
    let entity = visits[index].kind.entity
    if visits[index].id == nil { visits[index].id = blocks?.next(entity) }
    let visit = visits[index]
    if let id = visit.id, visit.kind.creates, let productid = visit.productid {
      commands.add("SET", Key.directory(entity, id: id), String(productid), "NX", "GET")
      waits.append((index, .claim))
    } else if let id = visit.id {
      commands.add("GET", Key.directory(entity, id: id))
      waits.append((index, .lookup))
    } else {
      // People choose ids too: growing steps leap over a run of taken ones.
      let step = blockSize << min(visit.collisions, 20)
      commands.add("INCRBY", Key.counter(entity), String(step))
      waits.append((index, .id))
    }
  }

  private mutating func hear(_ index: Int, _ wait: Wait, _ reply: Reply) throws(RedisError) {
    let entity = visits[index].kind.entity
    switch wait {
    case .id:
      guard let last = reply.integer else {
        throw RedisError(.unexpectedReply, "\(Key.counter(entity)) holds no number.")
      }
      let first = last - blockSize + 1
      visits[index].id = first
      if first < last { blocks?.add((first + 1)...last, of: entity) }
    case .claim:
      let owner = reply.integer
      if owner == nil {
        visits[index].isClaimed = true
      } else if visits[index].request.draft.id == nil {
        visits[index].collisions += 1
        visits[index].id = nil
        blocks?.clear(entity)
      } else if owner == visits[index].productid {
        // The same id for the same product: the lane knows whether it is a repetition or a second one.
        visits[index].isClaimed = true
      } else {
        visits[index].refusal = .conflict(entity, id: visits[index].id ?? 0, productid: owner ?? 0)
      }
    case .lookup:
      let id = visits[index].id ?? 0
      if let owner = reply.integer {
        if let named = visits[index].productid, named != owner {
          visits[index].refusal = .conflict(entity, id: id, productid: owner)
        }
        visits[index].productid = owner
        visits[index].isClaimed = true
      } else {
        visits[index].refusal = .unknown(entity, id: id)
      }
    }
  }

  private mutating func append(_ commands: inout Commands) {
    step = .appended
    for (index, visit) in visits.enumerated() where visit.refusal == nil {
      guard let id = visit.id, let productid = visit.productid else { continue }
      let shard = Shard.of(productid: productid, among: shards)
      if isFull(shard) {
        visits[index].refusal = .full(shard)
        continue
      }
      var words = Words("XADD", Key.commands(visit.kind.worker, in: shard), "*")
      for (name, value) in visit.request.draft.fields(id: id, productid: productid) {
        words.add(name)
        words.add(value)
      }
      words.add("commandid")
      words.add(visit.request.commandid)
      if let replyto = visit.request.replyto {
        words.add("replyto")
        words.add(replyto)
      }
      commands.add(words)
    }
  }
}
