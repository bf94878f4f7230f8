import Foundation
import Redis

/// The Redis of a system under test: one server, or a cluster.
package enum TestServers: Sendable {
  case single(TestRedis)
  case cluster(TestCluster)

  package var folder: URL {
    switch self {
    case .single(let redis): redis.folder
    case .cluster(let cluster): cluster.folder
    }
  }

  /// A URL that names the server, or all nodes.
  package var url: RedisURL {
    get throws {
      switch self {
      case .single(let redis): redis.url
      case .cluster(let cluster): try cluster.url
      }
    }
  }

  package func connect() throws -> any RedisLink {
    switch self {
    case .single(let redis): try redis.connect()
    case .cluster(let cluster): try cluster.connect()
    }
  }
}
