import Keys
import Lanes
import Market
import Redis

/// A read model that follows the journal of a shard.
///
/// What it writes to its shard is part of the commit. What belongs to users is stored in their own slots, so
/// it is written before the commit, at least once: such writes must be idempotent.
protocol Projection: SendableMetatype {
  /// All kinds of writes to its shard in its commits.
  static func writes(in shard: Shard) -> [LaneWrite]

  /// - Parameter isReplay: whether the events are old, so that the stored records can include later ones.
  init(in lane: ProjectionLane, isReplay: Bool)

  /// Adds the commands that load what the events do not contain.
  mutating func load(_ events: [JournalEvent], commands: inout Commands)

  /// Updates the read model. Writes to the shard go into the commit.
  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError)

  /// Continues with the replies to its last commands, until it adds none.
  mutating func finish(_ written: [Reply], commands: inout Commands) throws(RedisError)
}

extension Projection {
  mutating func finish(_ written: [Reply], commands: inout Commands) throws(RedisError) {
    for reply in written { try reply.get() }
  }
}

/// An event and its position on the journal.
struct JournalEvent {
  let event: Event
  let position: EntryID
  /// The entry as it was read; nil in a replay.
  var entry: Entry?
}

final class ProjectionHandler<Model: Projection>: LaneHandler {
  private let name: LaneName
  private let lane: ProjectionLane

  init(_ name: LaneName, shard: Shard, format: WrittenFormat) {
    self.name = name
    lane = ProjectionLane(shard: shard, format: format)
  }

  func begin(_ batch: [Entry]) -> any LaneWork {
    let model = Model(in: lane, isReplay: false)
    return ProjectionWork(model: model, lane: name, journal: Key.journal(of: lane.shard), batch: batch)
  }
}

private struct ProjectionWork<Model: Projection>: LaneWork {
  let model: Model
  let lane: LaneName
  let journal: String
  let batch: [Entry]
  private var run: ProjectionRun<Model>?

  init(model: Model, lane: LaneName, journal: String, batch: [Entry]) {
    self.model = model
    self.lane = lane
    self.journal = journal
    self.batch = batch
  }

  // As a lane calls it without knowing the model, no caller could let it be compiled for that.
  // Without the underscore, the attribute needs Swift 6.3.
  @_specialize(where Model == NotificationProjection)
  @_specialize(where Model == MypageProjection)
  mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    guard var run else {
      var run = ProjectionRun(model, events(&commit))
      var step = try run.next([], commit: &commit)
      if run.isLoading, case .ask(var commands) = step {
        commands.add("HGET", lane.cursor, journal)
        step = .ask(commands)
      }
      self.run = run
      return step
    }
    var replies = replies
    if run.isLoading { try checkCursor(replies.popLast()) }
    let step = try run.next(replies, commit: &commit)
    self.run = run
    return step
  }

  private func events(_ commit: inout Commit) -> [JournalEvent] {
    var events: [JournalEvent] = []
    for entry in batch {
      do throws(FieldError) {
        events.append(
          JournalEvent(event: try Event(fields: entry.fields()), position: entry.id, entry: entry))
      } catch {
        commit.putAside(entry, from: journal, because: error)
      }
    }
    return events
  }

  /// Throws if another owner has gone on meanwhile: the loaded records would be too new for these events, and
  /// no fence protects the writes before the commit.
  private func checkCursor(_ reply: Reply?) throws(RedisError) {
    let cursor = try reply?.get().string?.split(separator: " ").first.flatMap { EntryID(String($0)) }
    guard let cursor, let first = batch.first, cursor >= first.id else { return }
    throw RedisError(.refused(kind: .fenced), "FENCED another owner has read \(journal) up to \(cursor)")
  }
}
