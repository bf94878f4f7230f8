import AsyncHTTPClient
import Processes
import Redis

/// Measures the latency and the throughput of the ingress.
struct Calls: Sendable {
  struct Result: Sendable {
    let latencies: [(what: String, latencies: Latencies)]
    /// Throughput, with a label for what else was running.
    let comparisons: [(what: String, comparison: Comparison)]
  }

  private let rate: Int
  private let duration: Duration

  init(rate: Int, for duration: Duration) {
    self.rate = rate
    self.duration = duration
  }

  func run() async throws -> Result {
    try await Load.with { load in
      let system = try await CalledSystem(load)
      defer { system.end() }
      return try await measure(system)
    }
  }

  private func measure(_ system: CalledSystem) async throws -> Result {
    let (stage, load, reserves) = (system.stage, system.load, system.reserves)
    try stage.awaitCaughtUp()
    try await system.warmUp(rate: rate)
    let watch = MypageWatch(stage.servers.url)
    let created = try await system.reserve(rate: rate, for: duration, as: "buyer", watch: watch)
    let signed = try await signed(stage, load, beside: reserves)
    let accepted = try await load.open(rate: rate, for: duration, expecting: 202) { number, _ in
      CalledSystem.reserve(reserves, number: number, user: "async\(number)", isAsync: true)
    }
    let count = created.count
    let items = try await load.open(rate: rate, for: duration, expecting: 200) { number, _ in
      HTTPClientRequest(url: "\(reserves)/\(number % count + 1)")
    }
    let lists = try await load.open(rate: rate, for: duration, expecting: 200) { _, _ in
      HTTPClientRequest(url: reserves)
    }
    let throughput = try await system.throughput()
    let turn = min(duration / 8, Throughput.longestTurn)
    // The workers use the same cores: only without them is the ingress alone measured.
    system.stopWorkers()
    let alone = try await throughput.compare(pairs: 5, turn: turn)
    try system.restartWorkers()
    try stage.awaitCaughtUp()
    let together = try await throughput.compare(pairs: 5, turn: turn)
    try stage.awaitCaughtUp()
    return Result(
      latencies: [
        ("POST /reserves, 201", created)
      ] + signed + [
        ("POST /reserves, respond-async", accepted),
        ("GET /reserves/{id}", items), ("GET /reserves", lists),
        ("POST to the row on my page", watch.latencies),
      ], comparisons: [("ingress and Redis only", alone), ("with all workers", together)])
  }

  /// Measures the same calls at an ingress that needs tokens, and at the same time at the one that needs none, with half
  /// of the rate each: each user's first call, for which the signature is verified, and then the second.
  private func signed(
    _ stage: BenchSystem, _ load: Load, beside reserves: String
  ) async throws -> [(what: String, latencies: Latencies)] {
    let issuer = TokenIssuer()
    let port = try FreePort.find()
    let environment = try issuer.environment(in: stage.folder).merging(["HANDOVER_PORT": "\(port)"]) { $1 }
    let ingress = try stage.start("ingress", ["--log-level", "warning"], environment: environment)
    defer { stage.stop(ingress) }
    let base = "http://127.0.0.1:\(port)"
    try await load.awaitAnswer("\(base)/readiness", of: ingress)
    let rate = max(rate / 2, 1)
    let count = Int(duration.seconds * Double(rate))
    let tokens = try (0..<count).map { try issuer.token("signed\($0)") }
    @Sendable func signed(_ number: Int, _ user: Int) -> HTTPClientRequest {
      var request = CalledSystem.reserve("\(base)/reserves", number: number, user: "signed\(user)")
      request.headers.add(name: "Authorization", value: "Bearer \(tokens[user])")
      return request
    }
    // The first second is a warm-up, as it was without tokens. By some users only, so that most tokens are still new.
    _ = try await load.open(rate: rate, for: .seconds(1), expecting: 201) { number, _ in
      signed(number, number % min(20, count))
    }
    var all: [(what: String, latencies: Latencies)] = []
    for what in ["a new", "a known"] {
      async let plain = load.open(rate: rate, for: duration, expecting: 201) { number, _ in
        CalledSystem.reserve(reserves, number: number, user: "plain\(number)")
      }
      async let tested = load.open(rate: rate, for: duration, expecting: 201) { number, _ in
        signed(number, number)
      }
      all += try await [("the same with \(what) ES256 token", tested), ("and without, at that time", plain)]
    }
    return all
  }
}
