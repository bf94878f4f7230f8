import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Processes
import Redis

/// Measures the latency and the throughput of the ingress.
struct Calls: Sendable {
  struct Result: Sendable {
    let latencies: [(what: String, latencies: Latencies)]
    /// Throughput, with a label for what else was running.
    let comparisons: [(what: String, comparison: Comparison)]
  }

  /// The longest turn of the throughput comparison: the commands admitted without workers must stay far below
  /// the backlog limit, and must be processed afterwards.
  private static let longestTurn = Duration.seconds(1)

  private let rate: Int
  private let duration: Duration

  init(rate: Int, for duration: Duration) {
    self.rate = rate
    self.duration = duration
  }

  func run() async throws -> Result {
    let stage = try BenchSystem(shards: 8, keepsLog: true)
    defer { stage.end() }
    let load = Load()
    do {
      let result = try await measure(stage, load)
      try await load.client.shutdown()
      return result
    } catch {
      try? await load.client.shutdown()
      throw error
    }
  }

  private func measure(_ stage: BenchSystem, _ load: Load) async throws -> Result {
    let workers = try stage.startWorkers()
    let port = try FreePort.find()
    let ingress = try stage.start(
      "ingress", ["--log-level", "warning"], environment: ["HANDOVER_PORT": "\(port)"])
    let base = "http://127.0.0.1:\(port)"
    try await load.awaitAnswer("\(base)/actuator/health", of: ingress)
    // As many units as a listing can have, so that every reservation starts a deal.
    let plan = DealPlan(products: 1000, perProduct: 1_000_000)
    try DealDriver.pass((1...plan.products).flatMap(plan.offer), on: stage)
    try stage.awaitCaughtUp()
    let reserves = "\(base)/reserves"
    // The first second is a warm-up: it opens connections and fills caches.
    _ = try await load.open(rate: rate, for: .seconds(1), expecting: 201) { number, _ in
      Self.reserve(reserves, product: number % 1000 + 1, user: "warm\(number)")
    }
    let watch = MypageWatch(stage.servers.url)
    let created = try await load.open(rate: rate, for: duration, expecting: 201) { number, intended in
      watch.expect("buyer\(number)", from: intended)
      return Self.reserve(reserves, product: number % 1000 + 1, user: "buyer\(number)")
    }
    try await watch.finish()
    let signed = try await signed(stage, load, beside: reserves)
    let accepted = try await load.open(rate: rate, for: duration, expecting: 202) { number, _ in
      Self.reserve(reserves, product: number % 1000 + 1, user: "async\(number)", isAsync: true)
    }
    let count = created.count
    let items = try await load.open(rate: rate, for: duration, expecting: 200) { number, _ in
      HTTPClientRequest(url: "\(reserves)/\(number % count + 1)")
    }
    let lists = try await load.open(rate: rate, for: duration, expecting: 200) { _, _ in
      HTTPClientRequest(url: reserves)
    }
    let throughput = try await throughput(of: ingress, at: reserves, stage, load)
    let turn = min(duration / 8, Self.longestTurn)
    // The workers use the same cores: only without them is the ingress alone measured.
    for worker in workers { stage.stop(worker.process) }
    let alone = try await throughput.compare(pairs: 5, turn: turn)
    _ = try stage.startWorkers()
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
      var request = Self.reserve("\(base)/reserves", product: number % 1000 + 1, user: "signed\(user)")
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
        Self.reserve(reserves, product: number % 1000 + 1, user: "plain\(number)")
      }
      async let tested = load.open(rate: rate, for: duration, expecting: 201) { number, _ in
        signed(number, number)
      }
      all += try await [("the same with \(what) ES256 token", tested), ("and without, at that time", plain)]
    }
    return all
  }

  private func throughput(
    of ingress: RunningProcess, at reserves: String, _ stage: BenchSystem, _ load: Load
  ) async throws -> Throughput {
    /// Spreads the calls over all products: the cost of a product grows with its running deals.
    @Sendable func request(_ number: Int, to url: String) -> HTTPClientRequest {
      Self.reserve(url, product: number % 1000 + 1, user: "closed\(number)", isAsync: true)
    }
    let (headers, body) = try await load.call(request(0, to: reserves), expecting: 202)
    let port = try FreePort.find()
    var arguments = ["bare-server", "--port", "\(port)", "--body", body]
    for (name, value) in headers where !["date", "content-length"].contains(name.lowercased()) {
      arguments += ["--header", "\(name): \(value)"]
    }
    let bare = try stage.start("handover-bench", arguments)
    try await load.awaitAnswer("http://127.0.0.1:\(port)/", of: bare)
    return Throughput(
      stage: stage, load: load, ingress: ingress, bare: bare,
      urls: (reserves, "http://127.0.0.1:\(port)/reserves"), request: request)
  }

  private static func reserve(
    _ url: String, product: Int, user: String, isAsync: Bool = false
  ) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers = ["Content-Type": "application/json"]
    if isAsync { request.headers.add(name: "Prefer", value: "respond-async") }
    request.body = .bytes(
      ByteBuffer(
        string: """
          {"productid":\(product),"userid":"\(user)","productname":"애플워치","qty":1,"reserveDt":"2024-04-04",\
          "address":"서울특별시 서초구 방배동","price":50000,"status":"예약완료"}
          """))
    return request
  }
}
