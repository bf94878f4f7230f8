import Foundation
import Keys
import Logging
import Market
import Operations
import Redis
import Testbed

/// A cluster with the data that a system on one Redis has made. Belongs to the thread that created it.
final class ClusterBench {
  static let shards = 8

  let nodes: TestCluster
  let cluster: Cluster
  let connection: ClusterConnection
  /// The system that made the data, which has stopped.
  let origin: Bench

  var deployment: RedisDeployment { .cluster(cluster) }

  init(replicas: Bool = false) throws {
    origin = try Bench(shards: Self.shards)
    try origin.settle((1...24).map { .reserve($0, of: $0 % 12 + 1) })
    try origin.settle((1...12).flatMap { [.list($0, of: $0, qty: 2), .register($0, qty: 2)] })
    try origin.settle([
      ["type": "Handover", "id": "2"], ["type": "CancelReserve", "id": "3", "delete": "1"],
    ])
    origin.stop()
    nodes = try TestCluster(replicas: replicas)
    cluster = try Cluster(nodes.url)
    connection = ClusterConnection(cluster)
    try copy(from: origin.connection)
  }

  /// Copies every key with its time to live.
  private func copy(from redis: RedisConnection) throws {
    for key in try redis.call("KEYS", "*").compactMap(\.string) {
      let (value, left) = (try redis.call("DUMP", key), try redis.call("PTTL", key).integer ?? 0)
      var restore = RESPWords("RESTORE", key, "\(max(0, left))")
      value.withBytes { restore.add($0) }
      try connection.on(key) { (node) throws(RedisError) in _ = try node.call(restore) }
    }
  }

  func audit() throws -> AuditReport { try Auditor(connection).run() }

  /// How many keys all nodes have together.
  func keys() throws -> Int {
    try connection.eachMaster { (_, node) throws(RedisError) in try node.call("DBSIZE").integer ?? 0 }
      .reduce(0, +)
  }

  func balance() throws -> ClusterBalance {
    try ClusterBalance(cluster, as: nodes.url, shards: Self.shards)
  }
}
