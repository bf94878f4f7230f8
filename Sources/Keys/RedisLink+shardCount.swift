import Redis

extension RedisLink {
  /// Returns the number of shards that this Redis was set up with. Throws `WrongDatabase` if there is none.
  public func shardCount() throws -> Int {
    try exchange(Commands("GET", Key.shardCount))[0].shardCount()
  }
}

extension Reply {
  /// Reads the value of the shard count's key. Throws `WrongDatabase` if it is none.
  public func shardCount() throws -> Int {
    if let error, error.code != .refused(kind: .wrongType) { throw error }
    if isNull { throw WrongDatabase.noShardCount }
    guard let count = error == nil ? integer : nil, (1...Key.shardLimit).contains(count) else {
      throw WrongDatabase.badShardCount
    }
    return count
  }
}

/// The database is not that of a Handover system.
public enum WrongDatabase: Error, Equatable, CustomStringConvertible {
  /// No Handover system has run on it.
  case noShardCount
  /// Something else uses the key of the shard count.
  case badShardCount

  public var description: String {
    switch self {
    case .noShardCount: "\(Key.shardCount) does not exist: no Handover system has run on this Redis yet."
    case .badShardCount:
      "\(Key.shardCount) is not a number from 1 to \(Key.shardLimit): is this the right database?"
    }
  }
}
