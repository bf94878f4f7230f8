import Doors
import Keys
import Lanes
import Market
import Redis

/// The handler of an inlet's lane: routes what people write with `redis-cli XADD` to the shards, in order.
///
/// While a shard is too far behind, it waits, and new entries stay in the inlet; the inlet's lag shows them.
final class InletHandler: LaneHandler {
  fileprivate let worker: DecidingWorker
  fileprivate let shards: Int
  fileprivate let backlog: ShardBacklog
  fileprivate let blocks: IDBlocks
  /// When to check the backlog again.
  fileprivate var nextLook = ContinuousClock.now
  fileprivate let lookInterval: Duration

  init(
    worker: DecidingWorker, shards: Int, backlog: ShardBacklog, blocks: IDBlocks,
    lookInterval: Duration = .milliseconds(500)
  ) {
    self.lookInterval = lookInterval
    self.worker = worker
    self.shards = shards
    self.backlog = backlog
    self.blocks = blocks
  }

  func begin(_ batch: [Entry]) -> any LaneWork { InletWork(batch, in: self) }
}

/// Takes one batch through the door. After a crash, it can pass twice; the command ids make that a no-op.
private struct InletWork: LaneWork {
  private enum Step { case start, looking, passing }

  private let handler: InletHandler
  private let inlet: String
  private var door: Door
  private var step = Step.start
  /// The entries that reached the door, in the order of its admissions.
  private var admitted: [Entry] = []
  private var refused: [(Entry, FieldError)] = []

  init(_ batch: [Entry], in handler: InletHandler) {
    self.handler = handler
    inlet = Key.inlet(handler.worker)
    var requests: [CommandRequest] = []
    for entry in batch {
      do throws(FieldError) {
        let fields = try entry.fields()
        let commandid = try CommandName.entry(fields, id: "\(entry.id)", inlet: inlet)
        requests.append(
          CommandRequest(draft: try Draft(fields: fields, worker: handler.worker), commandid: commandid))
        admitted.append(entry)
      } catch {
        refused.append((entry, error))
      }
    }
    door = Door(requests, shards: handler.shards, blocks: handler.blocks)
  }

  mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    switch step {
    // Only before the batch begins: after that, the door needs all replies to its own commands.
    case .start where ContinuousClock.now >= handler.nextLook:
      step = .looking
      var commands = Commands()
      handler.backlog.ask(&commands)
      return .askAnywhere(commands)
    case .looking:
      step = .passing
      var replies = replies[...]
      let full = handler.backlog.full(&replies)
      if let shard = full.map(\.index).min() {
        throw RedisError(.overloaded, "Shard \(shard) is full: its workers are too far behind.")
      }
      handler.nextLook = .now + handler.lookInterval
      return try pass([], &commit)
    case .start, .passing:
      step = .passing
      return try pass(replies, &commit)
    }
  }

  private mutating func pass(_ replies: [Reply], _ commit: inout Commit) throws(RedisError) -> LaneStep {
    switch try door.next(replies) {
    case .ask(let commands):
      return .askAnywhere(commands)
    case .done(let admissions):
      for (entry, admission) in zip(admitted, admissions) {
        if let error = admission.error { refused.append((entry, error)) }
      }
      for (entry, error) in refused.sorted(by: { $0.0.id < $1.0.id }) {
        commit.addDeadLetter(entry, from: inlet, because: error)
      }
      return .commit
    }
  }
}
