import Redis

extension RedisConnection {
  /// Returns the number of shards that this Redis was set up with. Throws `.missing` if no Handover system
  /// has run on it, or the key holds something else.
  public func shardCount() throws(RedisError) -> Int {
    var commands = Commands()
    commands.add("GET", Key.shardCount)
    return try (try exchange(commands).first ?? .null).shardCount()
  }
}

extension Reply {
  /// Decodes the value of the shard count's key. Throws `.missing` if it is absent or invalid.
  public func shardCount() throws(RedisError) -> Int {
    if let error, error.code != .refused(kind: .wrongType) { throw error }
    if isNull {
      throw RedisError(
        .missing, "\(Key.shardCount) does not exist: no Handover system has run on this Redis yet.")
    }
    guard let count = error == nil ? integer : nil, (1...Key.shardLimit).contains(count) else {
      throw RedisError(
        .missing,
        "\(Key.shardCount) is not a number from 1 to \(Key.shardLimit): is this the right database?"
      )
    }
    return count
  }
}
