import Foundation
import Redis

/// Whole deals by hand in C, on a Redis like that of `Deals`: the limit of their speed.
enum DealFloor {
  struct Result: Decodable, Sendable {
    /// To the last deal's end.
    let dealsPerSecond: Double
    /// The CPU time of a deal, in µs: that of Redis, and the program's own.
    let redisMicroseconds, ownMicroseconds: Double
    /// What a finished deal takes in Redis.
    let memoryBytes: Double
  }

  static func run(deals: Int, products: Int, redisFirst: Bool) throws -> Result {
    let stage = try BenchSystem(shards: 8, keepsLog: true, redisFirst: redisFirst)
    defer { stage.end() }
    guard case .unix(let socket) = stage.servers.url.endpoint else {
      throw BenchError("Redis has no socket.")
    }
    let floor = try stage.launch(
      "deal-floor", [socket, "\(deals)", "\(products)", "\(Drain.batch)", "\(stage.shards)"])
    floor.wait()
    Cleanup.remove(floor.id)
    let output = try Data(contentsOf: stage.folder.appending(path: "deal-floor.log"))
    guard floor.exitStatus == 0 else {
      throw BenchError("deal-floor failed: \(String(decoding: output, as: UTF8.self))")
    }
    return try JSONDecoder().decode(Result.self, from: output)
  }
}
