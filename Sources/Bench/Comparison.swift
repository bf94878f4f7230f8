/// The ingress and a bare server in turn, several times over.
public struct Comparison: Sendable {
  public struct Turn: Sendable {
    public let callsPerSecond: Double
    /// Of the server's own process, in seconds.
    public let cpuPerCall: Double
    /// Of Redis, in seconds.
    public let redisPerCall: Double
  }

  public struct Pair: Sendable {
    public let ingress: Turn
    public let bare: Turn

    public var ratio: Double { ingress.callsPerSecond / bare.callsPerSecond }
  }

  public let pairs: [Pair]

  /// The middle one of a value over all pairs.
  public func median(_ value: (Pair) -> Double) -> Double { pairs.map(value).median }
}
