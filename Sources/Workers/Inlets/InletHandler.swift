import Doors
import Lanes
import Layout
import Market
import Redis

/// The lane behind an inlet: routes what people wrote with `redis-cli XADD` to the shards, in order.
final class InletHandler: LaneHandler {
  private let worker: Worker
  private let shards: Int

  init(worker: Worker, shards: Int) {
    self.worker = worker
    self.shards = shards
  }

  func begin(_ batch: [Entry]) -> any LaneWork { InletWork(batch, worker: worker, shards: shards) }
}

/// One batch through the door. After a crash it may pass twice: the command ids make the second time a no-op.
private struct InletWork: LaneWork {
  private let inlet: String
  private var door: Door
  /// The entries that reached the door, in its order.
  private var admitted: [Entry] = []
  private var refused: [(Entry, FieldError)] = []

  init(_ batch: [Entry], worker: Worker, shards: Int) {
    inlet = Key.inlet(worker)
    var requests: [Request] = []
    for entry in batch {
      do throws(FieldError) {
        let fields = try entry.fields()
        // A person may give a command id, to be able to send the same command again.
        let commandid = try Caller(fields: fields)?.commandid ?? "\(inlet)/\(entry.id)"
        requests.append(Request(draft: try Draft(fields: fields, worker: worker), commandid: commandid))
        admitted.append(entry)
      } catch {
        refused.append((entry, error))
      }
    }
    door = Door(requests, shards: shards)
  }

  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    try door.next(replies, commands: &commands)
    guard commands.isEmpty else { return }
    for (entry, admission) in zip(admitted, door.admissions) {
      if let error = admission.error { refused.append((entry, error)) }
    }
    for (entry, error) in refused.sorted(by: { $0.0.id < $1.0.id }) {
      commit.addDeadLetter(entry, from: inlet, because: error)
    }
  }
}
