import ArgumentParser
import Redis

/// Where Redis is and how to sign in: the URL, and what is better kept apart from it.
extension Settings {
  static let usualRedis = "redis://127.0.0.1:6379"

  /// Whether Redis was named by a flag or in the environment.
  package var namesRedis: Bool {
    redisURL != nil || Self.text("handover.redis.url") != nil || Self.text("handover.redis.url.file") != nil
  }

  /// Returns where Redis is, and how to sign in there.
  ///
  /// Throws if settings contradict each other or a file cannot be read: what is not encrypted, or who signs in,
  /// must never come from a setting that nobody remembers.
  package func redis() throws -> RedisURL {
    do throws(RedisError) {
      var url = try RedisURL(givenURL() ?? Self.usualRedis)
      try addCredentials(to: &url)
      try Self.addEncryption(to: &url)
      return url
    } catch {
      throw ValidationError(error.message)
    }
  }

  private static func bad(_ why: String) -> RedisError { RedisError(.badURL, why) }

  /// Returns the one of two settings that is set. Throws if both are.
  static func either(_ key: String, _ file: String) throws(RedisError) -> (
    text: String?, file: String?
  ) {
    let (text, path) = (text(key), text(file))
    if text != nil, path != nil {
      throw bad("\(variable(key)) and \(variable(file)) are both set: keep one of them.")
    }
    return (text, path)
  }

  private func givenURL() throws(RedisError) -> String? {
    if let redisURL { return redisURL }
    let (text, file) = try Self.either("handover.redis.url", "handover.redis.url.file")
    guard let file else { return text }
    return try SmallFile.text(of: file, what: "the URL of Redis (HANDOVER_REDIS_URL_FILE)")
  }

  private func addCredentials(to url: inout RedisURL) throws(RedisError) {
    let user = Self.text("handover.redis.user")
    let (password, file) = try Self.either("handover.redis.password", "handover.redis.password.file")
    if url.user != nil || url.password != nil {
      // Whoever names a user by hand means that one, whatever the environment is set up for.
      guard redisURL == nil else { return }
      if user != nil || password != nil || file != nil {
        throw Self.bad(
          """
          The URL of Redis names a user or a password, and so does HANDOVER_REDIS_USER, HANDOVER_REDIS_PASSWORD or \
          HANDOVER_REDIS_PASSWORD_FILE: take them out of the URL.
          """)
      }
    }
    if user != nil, password == nil, file == nil {
      throw Self.bad(
        "HANDOVER_REDIS_USER needs a password: set HANDOVER_REDIS_PASSWORD or HANDOVER_REDIS_PASSWORD_FILE.")
    }
    if let user { url.user = user }
    if let password { url.password = password }
    url.passwordFile = file
    // Whether it can be read is known now, and not only once Redis is there.
    _ = try url.credentials()
  }

  private static func addEncryption(to url: inout RedisURL) throws(RedisError) {
    let (ca, name) = (text("handover.redis.ca.file"), text("handover.redis.server.name"))
    let (certificate, key) = (text("handover.redis.cert.file"), text("handover.redis.key.file"))
    guard url.tls != nil else {
      if [ca, name, certificate, key].contains(where: { $0 != nil }) {
        throw bad(
          """
          HANDOVER_REDIS_CA_FILE, _SERVER_NAME, _CERT_FILE or _KEY_FILE is set, but \(url) is not encrypted: write \
          rediss:// (or rediss-sentinel://).
          """)
      }
      return
    }
    var identity: RedisTLS.Identity?
    if let certificate, let key { identity = RedisTLS.Identity(certificateFile: certificate, keyFile: key) }
    guard (certificate == nil) == (key == nil) else {
      throw bad("A client certificate needs both HANDOVER_REDIS_CERT_FILE and HANDOVER_REDIS_KEY_FILE.")
    }
    let tls = RedisTLS(caFile: ca, identity: identity, serverName: name)
    try tls.check()
    url.tls = tls
  }
}
