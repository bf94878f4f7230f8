import Redis

/// A server that has a part of the data, or all of it, as it describes itself.
package struct RedisServer {
  /// The settings that checks look at.
  private static let settings = [
    "appendfsync", "cluster-require-full-coverage", "min-replicas-to-write", "proto-max-bulk-len", "save",
  ]

  /// Nil if there is only one server.
  package let node: RedisNode?
  package let info: Reply
  /// The settings of the server; nil if this Redis user may not read them.
  package let settings: [String: String]?

  /// Asks a server.
  ///
  /// - Parameter readsConfiguration: Whether this Redis user may read the servers' configuration.
  package init(
    _ node: RedisNode?, _ connection: RedisConnection, readsConfiguration: Bool
  ) throws(RedisError) {
    self.node = node
    var ask = Commands("INFO", "everything")
    if readsConfiguration { ask.add(RESPWords(["CONFIG", "GET"] + Self.settings)) }
    let replies = try connection.exchange(ask)
    info = try replies[0].get()
    settings = replies.count > 1 && replies[1].error == nil ? replies[1].pairs : nil
  }

  /// Its address and a colon, if there are several servers.
  package var prefix: String { node.map { "\($0): " } ?? "" }

  /// A number that it tells of itself; nil if it tells none.
  package func number(_ fact: String) -> Int? { info.fact(fact).flatMap { Int($0) } }
}
