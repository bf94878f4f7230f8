import Redis

/// One batch on its way through a lane: rounds of commands and replies, and one commit at the end.
public protocol LaneWork {
  /// Goes on with the replies to the last round; the first call gets none.
  ///
  /// Whatever it adds to `commands` is sent, and `next` is called again with the replies. When it adds nothing
  /// the batch is done and `commit` is carried out: all of it, or nothing if another owner has the lane. An empty
  /// one waits for the next.
  /// A throw gives up the batch; it is read again later.
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
  /// The keys read, in the order that decides a tie of entry ids.
  public let streams: [String]
  /// The streams that the lane's owner keeps short.
  public let retained: [RetainedStream]
  public let makeHandler: @Sendable () -> any LaneHandler

  public init(
    name: LaneName, streams: [String], retained: [RetainedStream] = [],
    makeHandler: @escaping @Sendable () -> any LaneHandler
  ) {
    self.name = name
    self.streams = streams
    self.retained = retained
    self.makeHandler = makeHandler
  }
}
