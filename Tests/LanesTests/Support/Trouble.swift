import Foundation
import Redis
import Testing

/// What can happen to Redis while lanes run.
enum Trouble: String, CaseIterable, CustomTestStringConvertible {
  case connectionsKilled, scriptsFlushed, groupsDestroyed, serverKilled, serverHangs

  var testDescription: String { rawValue }

  var strikes: Int {
    switch self {
    case .connectionsKilled, .scriptsFlushed, .groupsDestroyed: 40
    case .serverKilled: 5
    case .serverHangs: 1
    }
  }

  /// A killed server keeps what it has confirmed.
  var options: [String] { self == .serverKilled ? ["--appendonly", "yes", "--appendfsync", "always"] : [] }

  func strike(_ bench: CopyBench) throws {
    switch self {
    case .connectionsKilled: try bench.redis.connect().call("CLIENT", "KILL", "TYPE", "normal")
    case .scriptsFlushed: try bench.redis.connect().call("SCRIPT", "FLUSH")
    case .groupsDestroyed:
      let lane = try #require(bench.lanes.randomElement())
      let stream = try #require(bench.streams(of: lane).randomElement())
      try bench.redis.connect().call("XGROUP", "DESTROY", stream, lane.worker)
    case .serverKilled: try bench.redis.restart()
    case .serverHangs:
      bench.redis.process.signal(SIGSTOP)
      defer { bench.redis.process.signal(SIGCONT) }
      // Wait until every runner has given up its connection.
      try #require(bench.holders.wait { $0.isEmpty } != nil)
    }
  }
}
