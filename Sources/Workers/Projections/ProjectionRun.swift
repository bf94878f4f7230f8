import Lanes
import Redis

/// Takes a batch of events through one read model.
struct ProjectionRun<Model: Projection>: LaneWork {
  private enum Step { case start, loading, writing }

  private var model: Model
  private let events: [JournalEvent]
  private var step = Step.start

  init(_ model: Model, _ events: [JournalEvent]) {
    self.model = model
    self.events = events
  }

  /// Whether the last commands only read.
  var isLoading: Bool { step == .loading }

  mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    var commands = Commands()
    if step == .start {
      model.load(events, commands: &commands)
      step = .loading
      if !commands.isEmpty { return .ask(commands) }
    }
    if step == .loading {
      step = .writing
      try model.project(events, loaded: replies, commands: &commands, commit: &commit)
    } else {
      try model.finish(replies, commands: &commands)
    }
    return commands.isEmpty ? .commit : .askAnywhere(commands)
  }
}
