/// The ingress and a bare server in turn, several times over.
struct Comparison: Sendable {
  struct Turn: Sendable {
    let callsPerSecond: Double
    /// Of the server's own process, in seconds.
    let cpuPerCall: Double
    /// Of Redis, in seconds.
    let redisPerCall: Double
  }

  struct Pair: Sendable {
    let ingress: Turn
    let bare: Turn

    var ratio: Double { ingress.callsPerSecond / bare.callsPerSecond }
  }

  let pairs: [Pair]

  /// The middle one of a value over all pairs.
  func median(_ value: (Pair) -> Double) -> Double { pairs.map(value).median }
}
