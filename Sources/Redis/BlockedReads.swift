import Foundation

/// Reads that wait in Redis, such as `XREAD BLOCK`, each on a connection of its own. They belong to the thread
/// that created them.
///
/// One command can wait for streams of one slot only, and a server looks at all streams of a blocked command
/// whenever one of them gets an entry. So many streams are cheapest to wait for one by one.
public final class BlockedReads<ID: Hashable & Sendable> {
  private struct Read {
    let connection: RedisConnection
    /// When its reply is overdue.
    let deadline: ContinuousClock.Instant
  }

  /// How much longer than it blocks a read can take.
  private let patience: Duration
  private var underWay: [ID: Read] = [:]
  /// Connections whose reads have been answered.
  private var free: [ID: RedisConnection] = [:]

  public init(patience: Duration = .seconds(1)) { self.patience = patience }

  /// Whether a read is under way.
  public func contains(_ id: ID) -> Bool { underWay[id] != nil }

  public var isEmpty: Bool { underWay.isEmpty }

  /// Sends a read, which must block for at most `time`.
  ///
  /// - Parameter connect: Makes a connection if there is none for this read yet.
  public func begin(
    _ id: ID, _ command: Commands, blocking time: Duration,
    connect: () throws(RedisError) -> RedisConnection
  ) throws(RedisError) {
    precondition(underWay[id] == nil, "a read waits already")
    precondition(command.count == 1, "a read is one command")
    let connection: RedisConnection
    if let known = free.removeValue(forKey: id) { connection = known } else { connection = try connect() }
    try connection.send(command)
    underWay[id] = Read(connection: connection, deadline: .now + time + patience)
  }

  /// Gives up a read, or the connection that is kept for the next one.
  public func end(_ id: ID) {
    underWay[id] = nil
    free[id] = nil
  }

  /// Gives up all others than these.
  public func keep(_ ids: Set<ID>) {
    underWay = underWay.filter { ids.contains($0.key) }
    free = free.filter { ids.contains($0.key) }
  }

  /// Waits until a read is answered, at most for `time`. Returns all that are: each reply, or what broke its
  /// connection. Returns earlier, and possibly none, where a server sends something else.
  ///
  /// - Parameter limit: The maximum number of bytes in one reply.
  public func wait(
    _ time: Duration, limit: Int = .max
  ) -> [(id: ID, reply: Result<Reply, RedisError>)] {
    let ids = Array(underWay.keys)
    var sockets = ids.map { id in
      pollfd(fd: underWay[id]?.connection.socket ?? -1, events: Int16(POLLIN), revents: 0)
    }
    // Rounded up: a wait for less than a millisecond would become a busy loop.
    let milliseconds = Int32(clamping: Int((max(time, .zero).seconds * 1000).rounded(.up)))
    let count = poll(&sockets, nfds_t(sockets.count), milliseconds)
    var answered: [(id: ID, reply: Result<Reply, RedisError>)] = []
    let now = ContinuousClock.now
    for (id, socket) in zip(ids, sockets) {
      guard let read = underWay[id] else { continue }
      if count > 0, socket.revents != 0 {
        let received = Result { () throws(RedisError) in try read.connection.receiveNext(limit: limit) }
        let reply: Result<Reply, RedisError>
        switch received {
        case .success(nil): continue
        case .success(let found?): reply = .success(found)
        case .failure(let error): reply = .failure(error)
        }
        underWay[id] = nil
        if case .success = reply { free[id] = read.connection }
        answered.append((id, reply))
      } else if now > read.deadline {
        underWay[id] = nil
        answered.append((id, .failure(RedisError(.timeout, "Redis did not answer in time."))))
      }
    }
    return answered
  }
}
