import Redis

/// The server that has the lanes of a session: the only one, or one master of a cluster.
enum LaneServer: Sendable {
  case single(RedisURL)
  case master(RedisNode, of: Cluster)

  /// The node of a cluster; nil if there is only one server.
  var node: RedisNode? {
    switch self {
    case .single: nil
    case .master(let node, of: _): node
    }
  }

  /// Makes a connection for the calling thread.
  func connect() throws(RedisError) -> RedisConnection {
    let connection =
      switch self {
      case .single(let url): try RedisConnection(url)
      case .master(let node, of: let cluster): try cluster.connect(to: node, within: .seconds(1))
      }
    try connection.requirePrimary()
    return connection
  }

  /// Makes a link to all servers for the calling thread; nil if the only one has everything.
  func connectToAll() -> ClusterConnection? {
    switch self {
    case .single: nil
    case .master(_, of: let cluster): ClusterConnection(cluster)
    }
  }

  /// Returns the lanes whose slots this server has, as far as is known.
  func own(_ lanes: [LaneSpec]) -> [LaneName] {
    switch self {
    case .single: lanes.map(\.name)
    case .master(let node, of: let cluster):
      lanes.map(\.name).filter { cluster.owner(of: $0.slot) == node }
    }
  }

  /// Grows whenever another server may have some of the lanes, or another place.
  var version: Int {
    switch self {
    case .single: 0
    case .master(_, of: let cluster): cluster.version
    }
  }

  /// Its place among all servers, which decides who gets the remainder of its lanes.
  var place: Int {
    switch self {
    case .single: 0
    case .master(let node, of: let cluster):
      cluster.masters.map(\.description).sorted().firstIndex(of: node.description) ?? 0
    }
  }

  /// Takes note of an error that says something about the cluster.
  func note(_ error: RedisError) {
    if case .master(let node, of: let cluster) = self { cluster.note(error, from: node) }
  }
}
