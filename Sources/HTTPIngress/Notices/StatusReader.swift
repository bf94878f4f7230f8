import Foundation
import Keys
import Lanes
import Market
import Redis
import Synchronization

/// Follows the status streams of all shards, on a thread of its own, and notices whenever entries can have been missed.
///
/// It holds positions rather than asking for what is new, so that nothing is lost between two reads. Whenever a read
/// was interrupted, it looks whether the entry at its position is still there: then so is all that came after it, on
/// whatever server. Otherwise history was lost or trimmed, and it goes on from the end.
final class StatusReader {
  /// New entries of a shard.
  struct News {
    let shard: Shard
    /// Per entry, its id and its fields.
    let entries: Reply
  }

  /// The most entries of a shard in one read. After so many, more can have been trimmed meanwhile.
  private static let count = 128
  /// Before the first entry of a stream.
  private static let beginning = "0-0"
  /// How soon it looks again for streams that could not be reached.
  private static let pause = Duration.milliseconds(250)

  private let deployment: RedisDeployment
  private let redis: RedisClient
  private let keys: [String]
  /// The last entry that was read of each stream; nil where it has no place yet.
  private var positions: [String?]
  /// The streams of which entries can have been missed, with the position where that began.
  private var unsure: [Int: String]
  private var nextLook = ContinuousClock.now
  /// Whether some of the streams have been followed.
  private var isLive = false
  private var watch: StreamWatch?

  /// - Parameter redis: asked about positions.
  init(_ deployment: RedisDeployment, _ redis: RedisClient, shards: Int) {
    self.deployment = deployment
    self.redis = redis
    keys = (0..<shards).map { Key.status(of: Shard($0)) }
    positions = Array(repeating: nil, count: shards)
    unsure = Dictionary(uniqueKeysWithValues: (0..<shards).map { ($0, Self.beginning) })
  }

  /// Finds a place in every stream in which it has none. Returns whether entries were missed.
  ///
  /// Throws if no stream can be followed.
  func settle() throws(RedisError) -> Bool {
    guard !unsure.isEmpty, nextLook <= .now else { return false }
    let places = unsure.keys.sorted()
    let questions = places.map { place in
      let position = unsure[place] ?? Self.beginning
      var ask = Commands("XREVRANGE", keys[place], "+", "-", "COUNT", "1")
      ask.add("XRANGE", keys[place], position, position, "COUNT", "1")
      return ask
    }
    var hasMissed = false
    var failure: RedisError?
    for (place, answer) in zip(places, waitFor { [redis] in await Self.ask(questions, redis) }) {
      do throws(RedisError) {
        let replies = try answer.get()
        guard replies.count == 2 else {
          throw RedisError(.unexpectedReply, "Redis did not tell where a stream ends.")
        }
        let end = try replies[0].get()[0]?[0]?.string ?? Self.beginning
        // Before the beginning there is no entry. What a stream that was empty has now can be all it got, or not.
        let isThere = try replies[1].get().count > 0 || unsure[place] == end
        unsure[place] = nil
        if positions[place] != nil, isThere { continue }
        positions[place] = end
        watch = nil
        hasMissed = isLive
      } catch {
        failure = error
      }
    }
    nextLook = .now + Self.pause
    if let failure, positions.allSatisfy({ $0 == nil }) { throw failure }
    isLive = true
    return hasMissed
  }

  /// Waits for new entries, at most for `time`.
  func next(within time: Duration) throws(RedisError) -> [News] {
    let followed = positions.indices.filter { positions[$0] != nil }
    let watch =
      watch
      ?? StreamWatch(
        deployment, followed.map { (keys[$0], positions[$0] ?? Self.beginning) }, count: Self.count)
    self.watch = watch
    let before = positions
    func doubt(_ place: Int) {
      if unsure[place] == nil { unsure[place] = before[place] ?? Self.beginning }
    }
    // A read can be interrupted and go on elsewhere within one call.
    defer { for place in watch.takeInterrupted() { doubt(followed[place]) } }
    return try watch.next(within: time).map { news in
      let place = followed[news.place]
      if news.entries.count >= Self.count { doubt(place) }
      for entry in news.entries { positions[place] = entry[0]?.string ?? positions[place] }
      return News(shard: Shard(place), entries: news.entries)
    }
  }

  /// Asks the primary: a server that was demoted does not know everything.
  private static func ask(
    _ questions: [Commands], _ redis: RedisClient
  ) async -> [Result<[Reply], RedisError>] {
    do throws(RedisError) {
      try await redis.requirePrimary()
    } catch {
      return questions.map { _ in .failure(error) }
    }
    return await redis.sendEach(questions)
  }
}

/// Waits on this thread, which must be none of the cooperative pool, for what a task returns.
func waitFor<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
  let (done, box) = (DispatchSemaphore(value: 0), Box<Value>())
  Task {
    let value = await work()
    box.value.withLock { $0 = value }
    done.signal()
  }
  done.wait()
  guard let value = box.value.withLock({ $0 }) else { preconditionFailure("the task returned nothing") }
  return value
}

private final class Box<Value: Sendable>: Sendable {
  let value = Mutex<Value?>(nil)
}
