import Lanes
import Layout
import Market
import Redis

/// A read model that follows the journal of a shard.
///
/// What it writes lies in slots of its own, so it is written before the commit, at least once: a projection's
/// writes must come out the same however often they are made.
protocol Projection: SendableMetatype {
  /// - Parameter isReplay: whether the events are old, so that what is stored may know of later ones.
  init(shard: Shard, digests: [Script: String], isReplay: Bool)

  /// Asks for what the events leave open.
  mutating func load(_ events: [JournalEvent], commands: inout Commands)

  /// Writes to the read model; what belongs to the shard itself goes into the commit.
  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError)

  /// Goes on with the replies to what it sent last, until there is nothing more to send.
  mutating func finish(_ written: [Reply], commands: inout Commands) throws(RedisError)
}

extension Projection {
  mutating func finish(_ written: [Reply], commands: inout Commands) throws(RedisError) {
    for reply in written { try reply.get() }
  }
}

/// An event and its place on the journal.
struct JournalEvent {
  let event: Event
  let position: EntryID
}

final class ProjectionHandler<Model: Projection>: LaneHandler {
  private let lane: LaneName
  private let shard: Shard
  private let digests: [Script: String]

  init(lane: LaneName, shard: Shard, digests: [Script: String]) {
    self.lane = lane
    self.shard = shard
    self.digests = digests
  }

  func begin(_ batch: [Entry]) -> any LaneWork {
    let model = Model(shard: shard, digests: digests, isReplay: false)
    return ProjectionWork(model: model, lane: lane, journal: Key.journal(of: shard), batch: batch)
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

  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    guard var run else {
      var run = ProjectionRun(model, events(&commit))
      try run.next([], commands: &commands, commit: &commit)
      if run.isLoading { commands.add("HGET", lane.cursor, journal) }
      self.run = run
      return
    }
    var replies = replies
    if run.isLoading { try checkCursor(replies.popLast()) }
    try run.next(replies, commands: &commands, commit: &commit)
    self.run = run
  }

  private func events(_ commit: inout Commit) -> [JournalEvent] {
    var events: [JournalEvent] = []
    for entry in batch {
      do throws(FieldError) {
        events.append(JournalEvent(event: try Event(fields: entry.fields()), position: entry.id))
      } catch {
        commit.addDeadLetter(entry, from: journal, because: error)
      }
    }
    return events
  }

  /// Gives up if another owner has gone on meanwhile: what was loaded would be too new for these events, and
  /// what is written now no fence holds back.
  private func checkCursor(_ reply: Reply?) throws(RedisError) {
    let cursor = try reply?.get().string?.split(separator: " ").first.flatMap { EntryID(String($0)) }
    guard let cursor, let first = batch.first, cursor >= first.id else { return }
    throw RedisError(.refused(kind: "FENCED"), "FENCED another owner has read \(journal) up to \(cursor)")
  }
}
