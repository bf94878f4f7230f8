import Hummingbird

extension Health {
  /// Adds `GET /metrics`, which returns the result of `exposition`, in Prometheus' text format.
  package static func addMetrics<Context>(
    to router: Router<Context>, _ exposition: @escaping @Sendable () -> String
  ) {
    router.add(
      "/metrics",
      [
        .get: { _, _ in
          Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: exposition())))
        }
      ])
  }
}
