import Redis

/// What a server that has data uses of its memory, in bytes.
public struct MasterMemory: Equatable, Sendable {
  /// The name of the only server: another one can take over, and it is reached by several addresses.
  private static let only = "redis"

  /// Its address in a cluster; `redis` for the only one.
  public let master: String
  /// `used_memory`.
  public let used: Int
  /// `maxmemory`, or all memory of its machine if there is none; 0 if the server tells neither.
  public let limit: Int

  public init(master: String, used: Int, limit: Int) {
    (self.master, self.used, self.limit) = (master, used, limit)
  }

  /// Reads the answer to `INFO memory`.
  ///
  /// - Parameter node: Nil for the only server.
  public init(_ node: RedisNode?, info: Reply) {
    func bytes(_ name: String) -> Int { info.fact(name).flatMap { Int($0) } ?? 0 }
    let most = bytes("maxmemory")
    self.init(
      master: node.map { "\($0)" } ?? Self.only, used: bytes("used_memory"),
      limit: most > 0 ? most : bytes("total_system_memory"))
  }
}

extension RedisLink {
  /// Returns the memory of all masters that answer.
  public func memory() throws(RedisError) -> [MasterMemory] {
    guard let cluster = self as? ClusterConnection else {
      return try eachMaster { (node, server) throws(RedisError) in
        MasterMemory(node, info: try server.call("INFO", "memory"))
      }
    }
    return cluster.onEveryMaster { (node, server) throws(RedisError) in
      MasterMemory(node, info: try server.call("INFO", "memory"))
    }.compactMap { try? $0.result.get() }
  }
}
