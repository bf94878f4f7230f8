import AsyncHTTPClient
import Processes

/// Measures how many calls the ingress handles, compared to a bare server that returns the same bytes.
struct Throughput {
  let stage: BenchSystem
  let load: Load
  let ingress: RunningProcess
  let bare: RunningProcess
  /// The URLs of the same call at the ingress and at the bare server.
  let urls: (ingress: String, bare: String)
  /// Returns the request for a call's number.
  let request: @Sendable (_ number: Int, _ url: String) -> HTTPClientRequest

  static let connections = 64

  /// The longest turn of the throughput comparison: the commands admitted without workers must stay far below
  /// the backlog limit, and must be processed afterwards.
  static let longestTurn = Duration.seconds(1)

  /// Measures the two in turn, so that other load on the machine affects both equally.
  ///
  /// Throws unless every answered call is in a stream exactly once.
  func compare(pairs: Int, turn: Duration) async throws -> Comparison {
    let before = try stage.reservationCommands()
    var all: [Comparison.Pair] = []
    var letIn = 0
    for _ in 0..<pairs {
      let (mine, calls) = try await take(turn, of: ingress, at: urls.ingress)
      let (least, _) = try await take(turn, of: bare, at: urls.bare)
      all.append(Comparison.Pair(ingress: mine, bare: least))
      letIn += calls
    }
    let found = try stage.reservationCommands() - before
    guard found == letIn else {
      throw BenchError("\(letIn) calls were answered, but \(found) commands were admitted.")
    }
    return Comparison(pairs: all)
  }

  private func take(
    _ turn: Duration, of server: RunningProcess, at url: String
  ) async throws -> (turn: Comparison.Turn, calls: Int) {
    let (cpu, redis, began) = (
      server.cpuSeconds, stage.redisCPU, ContinuousClock.now
    )
    let calls = try await load.closed(connections: Self.connections, for: turn, expecting: 202) { [request] in
      request($0, url)
    }
    let count = Double(calls)
    return (
      Comparison.Turn(
        callsPerSecond: count / (ContinuousClock.now - began).seconds,
        cpuPerCall: (server.cpuSeconds - cpu) / count,
        redisPerCall: (stage.redisCPU - redis) / count), calls
    )
  }
}
