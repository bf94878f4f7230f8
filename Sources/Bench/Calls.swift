import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Redis

/// How soon the ingress answers, and how many calls it takes.
public struct Calls: Sendable {
  public struct Turn: Sendable {
    public let server: String
    public let callsPerSecond: Double
    /// Of the server's own process, in seconds.
    public let cpuPerCall: Double
  }

  public struct Result: Sendable {
    public let latencies: [(what: String, latencies: Latencies)]
    public let turns: [Turn]
  }

  static let connections = 64

  private let rate: Int
  private let duration: Duration

  public init(rate: Int, for duration: Duration) {
    self.rate = rate
    self.duration = duration
  }

  public func run() async throws -> Result {
    let stage = try Stage(shards: 8, keepsLog: true)
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

  private func measure(_ stage: Stage, _ load: Load) async throws -> Result {
    _ = try stage.startWorkers()
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
    // A first second nobody counts: connections are made, caches filled.
    _ = try await load.open(rate: rate, for: .seconds(1), expecting: 201) { number, _ in
      Self.reserve(reserves, product: number % 1000 + 1, user: "warm\(number)")
    }
    let watch = MypageWatch(stage.url)
    let created = try await load.open(rate: rate, for: duration, expecting: 201) { number, intended in
      watch.expect("buyer\(number)", from: intended)
      return Self.reserve(reserves, product: number % 1000 + 1, user: "buyer\(number)")
    }
    try await watch.finish()
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
    let turns = try await compare(ingress, reserves, stage, load)
    return Result(
      latencies: [
        ("POST /reserves, 201", created), ("POST /reserves, respond-async", accepted),
        ("GET /reserves/{id}", items), ("GET /reserves", lists),
        ("POST to the row on my page", watch.latencies),
      ], turns: turns)
  }

  /// The ingress and a bare server that gives the same answer, in turn.
  private func compare(
    _ ingress: Child, _ reserves: String, _ stage: Stage, _ load: Load
  ) async throws -> [Turn] {
    /// Spread over all products: a product's cost grows with the deals that run in it.
    @Sendable func request(_ number: Int, to url: String) -> HTTPClientRequest {
      Self.reserve(url, product: number % 1000 + 1, user: "closed\(number)", isAsync: true)
    }
    let (headers, body) = try await load.call(request(0, to: reserves), expecting: 202)
    let port = try FreePort.find()
    var arguments = ["bench", "bare-server", "--port", "\(port)", "--body", body]
    for (name, value) in headers where !["date", "content-length"].contains(name.lowercased()) {
      arguments += ["--header", "\(name): \(value)"]
    }
    let bare = try stage.start("handover", arguments)
    try await load.awaitAnswer("http://127.0.0.1:\(port)/", of: bare)
    let same = "http://127.0.0.1:\(port)/reserves"
    var turns: [Turn] = []
    for _ in 0..<2 {
      for (name, server, url) in [("ingress", ingress, reserves), ("bare Hummingbird", bare, same)] {
        let (cpu, began) = (server.cpuSeconds, ContinuousClock.now)
        let calls = try await load.closed(
          connections: Self.connections, for: duration / 4, expecting: 202
        ) { request($0, to: url) }
        turns.append(
          Turn(
            server: name, callsPerSecond: Double(calls) / (ContinuousClock.now - began).seconds,
            cpuPerCall: (server.cpuSeconds - cpu) / Double(calls)))
      }
    }
    return turns
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
