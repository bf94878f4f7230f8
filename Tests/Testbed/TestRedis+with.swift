extension TestRedis {
  /// Runs a test's work with a server of its own, on a thread that can block.
  package static func with<Result: Sendable>(
    _ options: [String] = [], work: @escaping @Sendable (TestRedis) throws -> Result
  ) async throws -> Result {
    try await onThread {
      let redis = try TestRedis(options)
      return try withExtendedLifetime(redis) { try work(redis) }
    }
  }
}
