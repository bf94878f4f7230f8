import Redis

extension Reply {
  /// Returns the reply. Throws if it is an error, with the key in the message.
  func get(of key: String) throws(RedisError) -> Reply {
    guard let error else { return self }
    throw RedisError(error.code, "\(key): \(error.message)")
  }
}
