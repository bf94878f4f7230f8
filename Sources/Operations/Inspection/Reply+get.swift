import Redis

extension Reply {
  /// The reply, unless it is an error, which then names the key.
  func get(of key: String) throws(RedisError) -> Reply {
    guard let error else { return self }
    throw RedisError(error.code, "\(key): \(error.message)")
  }
}
