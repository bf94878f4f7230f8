import Redis

/// One batch on its way through a lane: rounds of commands and replies, and one commit at the end.
public protocol LaneWork {
  /// Goes on with the replies to the last round; the first call gets none.
  ///
  /// Whatever it adds to `commands` is sent, and `next` is called again with the replies. When it adds nothing
  /// the batch is done and `commit` is carried out: all of it, or nothing if another owner has the lane. An empty
  /// one waits for the next.
  /// A throw gives up the batch: the lane is opened again later and reads it again. After `.overloaded` it only
  /// waits; after anything that does not pass by itself it stands still and says why, until it can go on.
  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError)
}

/// What a lane does with its batches. Made anew whenever a lane is taken; lives on the runner's thread.
public protocol LaneHandler: AnyObject {
  func begin(_ batch: [Entry]) -> any LaneWork
}

/// A lane before anybody holds it.
public struct LaneSpec: Sendable {
  public let name: LaneName
  /// The keys read, in the order that decides between entries of the same millisecond.
  public let streams: [String]
  /// The streams that the lane's owner keeps short.
  public let retained: [RetainedStream]
  /// What its commits write, beside cursors and dead letters: checked before the lane is opened.
  public let writes: [LaneWrite]
  /// Whether people outside the system write to its stream. If they lose what is in there the lane says so and goes
  /// on for the others; any other lane stands still.
  public let isInlet: Bool
  /// Whether its owner keeps the slot's dead letters from growing without bound: one of the slot's lanes does.
  public let keepsDeadLetters: Bool
  public let makeHandler: @Sendable () -> any LaneHandler

  public init(
    name: LaneName, streams: [String], retained: [RetainedStream] = [], writes: [LaneWrite] = [],
    isInlet: Bool = false, keepsDeadLetters: Bool = false,
    makeHandler: @escaping @Sendable () -> any LaneHandler
  ) {
    self.name = name
    self.streams = streams
    self.retained = retained
    self.writes = writes
    self.isInlet = isInlet
    self.keepsDeadLetters = keepsDeadLetters
    self.makeHandler = makeHandler
  }
}

/// One kind of write that a lane's commits make.
public struct LaneWrite: Sendable {
  /// The types of Redis.
  public enum KeyType: String, Sendable {
    case string, list, hash, stream, zset
  }

  /// The command with arguments that stand for real ones; its key comes second.
  let words: [String]
  /// What the key must be; nil if the key only stands for many.
  let type: KeyType?

  /// A write to a key that every commit of its kind writes to.
  public init(_ words: String..., to type: KeyType) {
    self.words = words
    self.type = type
  }

  /// A write to keys of which the one in `words` is an example.
  public init(like words: String...) {
    self.words = words
    type = nil
  }

  init(_ words: [String], _ type: KeyType?) {
    self.words = words
    self.type = type
  }

  /// Which command to which kind of key: `HSET reserve`.
  var kind: String { Self.kind(words[0], words[1]) }

  static func kind(_ command: String, _ key: String) -> String {
    let name = key.drop { $0 != "}" }.drop { $0 == "}" || $0 == ":" }.prefix { $0 != ":" }
    return "\(command) \(name.isEmpty ? key : String(name))"
  }
}
