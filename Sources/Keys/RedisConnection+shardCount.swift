import Redis

extension RedisConnection {
  /// How many shards this Redis was laid out with. Throws `.missing` where no system has run, or something else has.
  public func shardCount() throws(RedisError) -> Int {
    var commands = Commands()
    commands.add("GET", Key.shardCount)
    return try (try exchange(commands).first ?? .null).shardCount()
  }
}

extension Reply {
  /// What the key of the shard count holds, as a number.
  public func shardCount() throws(RedisError) -> Int {
    if let error, error.code != .refused(kind: "WRONGTYPE") { throw error }
    if isNull {
      throw RedisError(
        .missing, "\(Key.shardCount) is not there: no Handover system has run on this Redis yet.")
    }
    guard let count = error == nil ? integer : nil, (1...Key.shardLimit).contains(count) else {
      throw RedisError(
        .missing,
        "\(Key.shardCount) holds no number of shards from 1 to \(Key.shardLimit): is this the right database?"
      )
    }
    return count
  }
}
