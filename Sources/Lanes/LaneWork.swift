import Redis

/// The handling of one batch: rounds of commands and replies, and one commit at the end.
public protocol LaneWork {
  /// Continues with the replies to the last round; the first call gets none.
  ///
  /// What it adds to `commit` in any round is applied in the end: all of it, or nothing if another owner has
  /// the lane. An empty commit is deferred to the next one.
  ///
  /// Throws to give up the batch: the lane is reopened later and reads it again. After `.overloaded` the lane
  /// only waits; after an error that does not pass by itself it stands still, with the reason, until it can
  /// continue.
  mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep
}

/// What a batch needs next.
public enum LaneStep {
  /// Another round: the replies to these commands, at least one. All their keys must belong to the lane's slot.
  case ask(Commands)
  /// The same for keys of any slots.
  ///
  /// Commands on one key are executed in their order. If the server of one of them is away, the batch is given
  /// up, and the lane waits.
  case askAnywhere(Commands)
  /// Nothing more: its commit can be applied.
  case commit
}

/// What a lane does with its batches. Created each time a lane is taken; used on the runner's thread only.
public protocol LaneHandler: AnyObject {
  func begin(_ batch: [Entry]) -> any LaneWork
}

/// The definition of a lane, independent of who holds it.
public struct LaneSpec: Sendable {
  public let name: LaneName
  /// The streams to read. Their order decides between entries of the same millisecond.
  public let streams: [String]
  /// The streams that the lane's owner trims.
  public let retained: [RetainedStream]
  /// What its commits write in addition to cursors, timers and dead letters. Checked before the lane is opened.
  public let writes: [LaneWrite]
  /// Whether people outside the system write to its stream. If entries of an inlet are lost, the lane reports
  /// it and continues for the other senders; any other lane stands still.
  public let isInlet: Bool
  /// Whether its owner trims the slot's dead letters. Exactly one lane of each slot does.
  public let keepsDeadLetters: Bool
  /// What comes back to the lane at a later time.
  public let timers: [LaneTimers]
  public let makeHandler: @Sendable () -> any LaneHandler

  /// All writes that are checked before the lane is opened, those of its timers too.
  var checkedWrites: [LaneWrite] { writes + timers.flatMap(\.writes) }

  public init(
    name: LaneName, streams: [String], retained: [RetainedStream] = [], writes: [LaneWrite] = [],
    isInlet: Bool = false, keepsDeadLetters: Bool = false, timers: [LaneTimers] = [],
    makeHandler: @escaping @Sendable () -> any LaneHandler
  ) {
    precondition(
      timers.allSatisfy { streams.contains($0.stream) }, "\(name) does not hear of its timers")
    self.name = name
    self.streams = streams
    self.retained = retained
    self.writes = writes
    self.isInlet = isInlet
    self.keepsDeadLetters = keepsDeadLetters
    self.timers = timers
    self.makeHandler = makeHandler
  }
}

/// One kind of write that a lane's commits make.
public struct LaneWrite: Sendable {
  /// The types of Redis keys.
  public enum KeyType: String, Sendable {
    case string, list, hash, stream, zset
  }

  /// The command with placeholder arguments. The second word is the key.
  let words: [String]
  /// The required type of the key; nil if the key is only an example of many.
  let type: KeyType?

  /// Declares a write to a fixed key.
  public init(_ words: String..., to type: KeyType) {
    self.words = words
    self.type = type
  }

  /// Declares a write to many keys, of which the one in `words` is an example.
  public init(like words: String...) {
    self.words = words
    type = nil
  }

  init(_ words: [String], _ type: KeyType?) {
    self.words = words
    self.type = type
  }

  /// The command and the kind of key: `HSET reserve`.
  var kind: String { Self.kind(words[0], words[1]) }

  static func kind(_ command: String, _ key: String) -> String {
    let name = key.drop { $0 != "}" }.drop { $0 == "}" || $0 == ":" }.prefix { $0 != ":" }
    return "\(command) \(name.isEmpty ? key : String(name))"
  }
}
