extension TestRedis {
  /// Gives a test a server of its own for as long as its work takes, on a thread that may block.
  package static func with<Result: Sendable>(
    _ options: [String] = [], work: @escaping @Sendable (TestRedis) throws -> Result
  ) async throws -> Result {
    try await onThread {
      let redis = try TestRedis(options)
      return try withExtendedLifetime(redis) { try work(redis) }
    }
  }
}
