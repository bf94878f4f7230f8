import Foundation
import Redis
import Testbed

/// What can be done to them.
extension TestServers {
  /// The shards of the system. A cluster's masters have some each.
  var shards: Int {
    switch self {
    case .single: 8
    case .cluster: 16
    }
  }

  /// Kills a server, and starts it again before anybody can take over from it.
  ///
  /// - Parameter place: Which of the masters, if there are several.
  func restart(_ place: Int, after pause: Duration) throws {
    switch self {
    case .single(let redis):
      redis.process.kill()
      Thread.sleep(forTimeInterval: pause.seconds)
      try redis.restart()
    case .cluster(let cluster):
      let node = try cluster.master(place)
      try cluster.kill(node)
      Thread.sleep(forTimeInterval: pause.seconds)
      try cluster.restart(node)
    }
  }

  /// Makes a server hang for a time, in which nobody takes over from it.
  func hang(_ place: Int, for time: Duration) throws {
    switch self {
    case .single(let redis): try redis.connect().call("DEBUG", "SLEEP", "\(time.seconds)")
    case .cluster(let cluster):
      let node = try cluster.master(place)
      try cluster.pause(node)
      Thread.sleep(forTimeInterval: time.seconds)
      try cluster.resume(node)
    }
  }

  /// Calls every server that has data.
  func tellAll(_ words: String...) throws {
    _ = try connect().eachMaster { (_, connection) throws(RedisError) in
      try connection.call(RESPWords(words))
    }
  }

  /// Waits until a cluster is whole again.
  func settle() throws {
    if case .cluster(let cluster) = self { try cluster.waitForAgreement() }
  }

  /// Ends all servers, and keeps their data.
  func end() {
    switch self {
    case .single(let redis): if !redis.process.hasEnded { redis.process.kill() }
    case .cluster(let cluster): cluster.killAll()
    }
  }
}
