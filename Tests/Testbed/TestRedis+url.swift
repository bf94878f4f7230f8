import Redis

extension TestRedis {
  /// Returns this server's URL with credentials or a database.
  package func url(user: String? = nil, password: String? = nil, database: Int = 0) -> RedisURL {
    var url = url
    url.user = user
    url.password = password
    url.database = database
    return url
  }
}
