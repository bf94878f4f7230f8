/// Measurements of the ingress and a bare server, in turn, several times.
struct Comparison: Sendable {
  struct Turn: Sendable {
    let callsPerSecond: Double
    /// The CPU time of the server's own process per call, in seconds.
    let cpuPerCall: Double
    /// The CPU time of Redis per call, in seconds.
    let redisPerCall: Double
  }

  struct Pair: Sendable {
    let ingress: Turn
    let bare: Turn

    var ratio: Double { ingress.callsPerSecond / bare.callsPerSecond }
  }

  let pairs: [Pair]

  /// Returns the median of a value over all pairs.
  func median(_ value: (Pair) -> Double) -> Double { pairs.map(value).median }
}
