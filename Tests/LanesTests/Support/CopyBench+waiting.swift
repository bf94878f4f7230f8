import Redis
import Testbed
import Testing

extension CopyBench {
  /// Waits until a condition of Redis or the lanes is met, with a generous timeout.
  func wait(until what: String, _ connection: RedisConnection, isMet: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + Patience.limit
    while try !isMet() {
      try #require(ContinuousClock.now < deadline, "waited in vain until \(what)")
      try connection.call("BLPOP", "nothing", "0.05")
    }
  }

  /// Returns how many copies a lane has made.
  func copies(_ lane: Int, _ connection: RedisConnection) throws -> Int {
    try connection.call("XLEN", output(of: lanes[lane])).integer ?? 0
  }

  /// Returns how many entries the first lane was given and has not copied yet. Can be called on any thread.
  func uncopied() throws(RedisError) -> Int {
    try RedisConnection(redis.url).call(
      "EVAL", "return redis.call('XLEN',KEYS[1])-redis.call('XLEN',KEYS[2])", "2", "{0}:commands",
      "{0}:output"
    ).integer ?? .max
  }
}
