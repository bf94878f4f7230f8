import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Processes

/// A whole system whose ingress is called: all workers, and products with more units than anybody reserves.
final class CalledSystem {
  static let products = 1000

  let stage: BenchSystem
  let load: Load
  let ingress: RunningProcess
  /// The URL of reservations.
  let reserves: String
  private(set) var workers: [RunningProcess]

  /// Starts it, and lists the products.
  init(_ load: Load, executables: Executables = .own) async throws {
    self.load = load
    stage = try BenchSystem(shards: 8, keepsLog: true, executables: executables)
    do {
      workers = try stage.startWorkers().map(\.process)
      let port = try FreePort.find()
      ingress = try stage.start(
        "ingress", ["--log-level", "warning"], environment: ["HANDOVER_PORT": "\(port)"])
      let base = "http://127.0.0.1:\(port)"
      reserves = "\(base)/reserves"
      try await load.awaitAnswer("\(base)/actuator/health", of: ingress)
      // As many units as a listing can have, so that every reservation starts a deal.
      let goods = #""productname":"애플워치","qty":1000000"#
      try await load.all(
        (1...Self.products).flatMap { product in
          [
            Self.post(
              "\(base)/trades",
              #"{"productid":\#(product),"userid":"seller\#(product % 97)",\#(goods),"price":50000}"#),
            Self.post("\(base)/inventories", #"{"productid":\#(product),\#(goods)}"#),
          ]
        }, expecting: 201)
    } catch {
      stage.end()
      throw error
    }
  }

  func end() { stage.end() }

  func stopWorkers() {
    for worker in workers { stage.stop(worker) }
    workers = []
  }

  func restartWorkers() throws { workers = try stage.startWorkers().map(\.process) }

  /// The CPU time of the workers and the ingress so far, in seconds.
  var ownCPU: Double { workers.reduce(ingress.cpuSeconds) { $0 + $1.cpuSeconds } }

  /// Opens connections and fills caches.
  func warmUp(rate: Int) async throws {
    _ = try await reserve(rate: rate, for: .seconds(1), as: "warm")
  }

  /// Reserves at a fixed rate, each time as a user of its own.
  ///
  /// - Parameters:
  ///   - name: Begins the users' names.
  ///   - watch: Waits for the reservations' rows on my page, if there is one.
  func reserve(
    rate: Int, for duration: Duration, as name: String, watch: MypageWatch? = nil
  ) async throws -> Latencies {
    let latencies = try await load.open(rate: rate, for: duration, expecting: 201) {
      [reserves] number, intended in
      watch?.expect("\(name)\(number)", from: intended)
      return Self.reserve(reserves, number: number, user: "\(name)\(number)")
    }
    try await watch?.finish()
    return latencies
  }

  /// Starts a bare server that answers like the ingress, to compare the two with `respond-async`.
  func throughput() async throws -> Throughput {
    @Sendable func request(_ number: Int, to url: String) -> HTTPClientRequest {
      Self.reserve(url, number: number, user: "closed\(number)", isAsync: true)
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

  /// Returns the request for a reservation. Calls are spread over all products: the cost of a product grows with its
  /// running deals.
  static func reserve(_ url: String, number: Int, user: String, isAsync: Bool = false) -> HTTPClientRequest {
    var request = post(
      url,
      """
      {"productid":\(number % products + 1),"userid":"\(user)","productname":"애플워치","qty":1,\
      "reserveDt":"2024-04-04","address":"서울특별시 서초구 방배동","price":50000,"status":"예약완료"}
      """)
    if isAsync { request.headers.add(name: "Prefer", value: "respond-async") }
    return request
  }

  private static func post(_ url: String, _ body: String) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers = ["Content-Type": "application/json"]
    request.body = .bytes(ByteBuffer(string: body))
    return request
  }
}
