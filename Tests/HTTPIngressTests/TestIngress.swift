import AsyncHTTPClient
import Foundation
import HTTPIngress
import Health
import Identity
import Keys
import Lanes
import Logging
import Market
import NIOCore
import Redis
import ServiceLifecycle
import Testbed
import Testing

/// A running ingress with a fake lane behind it, and usually with a Redis of its own.
struct TestIngress {
  struct Answer {
    let status: Int
    let headers: [String: String]
    let json: JSON
  }

  let base: String
  let lane: FakeLane
  private let ownServer: TestRedis?

  /// Its own Redis.
  var server: TestRedis {
    get throws { try #require(ownServer) }
  }

  /// Runs an ingress with a Redis of its own while the body runs.
  static func run(
    rule: @escaping FakeLane.Rule = TestIngress.agree, setUp: (inout IngressOptions) -> Void = { _ in },
    health: Health = Health(), _ body: (TestIngress) async throws -> Void
  ) async throws {
    let server = try TestRedis()
    let options = IngressOptions(shards: FakeLane.shards, redis: .single(server.url))
    try await run(on: server, options, rule: rule, setUp: setUp, health: health, body)
  }

  /// Runs an ingress with a Redis of the test's while the body runs.
  static func run(on server: TestRedis, _ body: (TestIngress) async throws -> Void) async throws {
    let options = IngressOptions(shards: FakeLane.shards, redis: .single(server.url))
    try await run(on: server, options, rule: TestIngress.agree, setUp: { _ in }, health: Health(), body)
  }

  /// Runs an ingress on a cluster while the body runs.
  static func run(
    on cluster: Cluster, shards: Int, rule: @escaping FakeLane.Rule = TestIngress.agree,
    _ body: (TestIngress) async throws -> Void
  ) async throws {
    let options = IngressOptions(shards: shards, redis: .cluster(cluster))
    try await run(on: nil, options, rule: rule, setUp: { _ in }, health: Health(), body)
  }

  private static func run(
    on server: TestRedis?, _ initial: IngressOptions, rule: @escaping FakeLane.Rule,
    setUp: (inout IngressOptions) -> Void, health: Health, _ body: (TestIngress) async throws -> Void
  ) async throws {
    var options = initial
    let lane = FakeLane(options.redis, shards: options.shards, rule)
    defer { lane.stop() }
    options.host = "127.0.0.1"
    options.port = 0
    setUp(&options)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, port) = AsyncStream<Int>.makeStream()
    let gateway = IngressServer(options: options, health: health, logger: logger) { port.yield($0) }
    let group = ServiceGroup(services: [gateway], logger: logger)
    async let running: Void = group.run()
    for await port in ports {
      try await body(TestIngress(base: "http://127.0.0.1:\(port)", lane: lane, ownServer: server))
      break
    }
    await group.triggerGracefulShutdown()
    try await running
  }

  func call(
    _ method: String, _ path: String, _ body: String? = nil, _ headers: [String: String] = [:]
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : base + path)
    request.method = .init(rawValue: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if body != nil, !request.headers.contains(name: "Content-Type") {
      request.headers.add(name: "Content-Type", value: "application/json")
    }
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await HTTPClient.shared.execute(
      request, timeout: .seconds(Patience.limit.components.seconds))
    let bytes = try await response.body.collect(upTo: 1 << 24)
    let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
    return Answer(
      status: Int(response.status.code), headers: Dictionary(headers) { first, _ in first },
      json: (try? JSONDecoder().decode(JSON.self, from: Data(bytes.readableBytesView))) ?? .null)
  }

  /// The address from which all calls of a test come.
  static let loopback = [AddressRange("127.0.0.1")].compactMap(\.self)

  /// Sends commands directly to Redis.
  func redis(_ commands: Commands) throws {
    for reply in try server.connect().exchange(commands) { try reply.get() }
  }

  /// Accepts everything and answers with the command's own fields.
  static let agree: FakeLane.Rule = { kind, fields in
    guard fields["productname"] != "silent" else { return nil }
    guard fields["productname"] != "sold" else {
      let refusal = Refusal.soldOut
      return Outcome(
        accepted: false, type: "CommandRejected",
        fields: ["id": fields["id"] ?? "", "reason": refusal.rawValue, "message": refusal.message])
    }
    let type =
      switch kind.entity {
      case .reserve: "ReserveCompleted"
      case .trade: "TradeListed"
      case .inventory: "StockRegistered"
      }
    let hidden: Set<String> = ["type", "commandid", "replyto", "delete"]
    var view = Fields(fields.pairs.filter { !hidden.contains($0.name) })
    view.append("status", "예약완료")
    return Outcome(accepted: true, type: type, fields: view)
  }

  static func reserve(_ productid: Int, _ productname: String = "자전거", more: String = "") -> String {
    """
    {"productid":"\(productid)","userid":"홍길동","productname":"\(productname)","qty":"2","reserveDt":"2024-04-04",\
    "address":"서울 \\"강남\\"","price":15000,"status":"","_links":{"self":{"href":"x"}}\(more)}
    """
  }
}

extension TokenVerifier {
  /// One without any keys, for ingresses that only have to know that tokens are needed.
  static var unused: TokenVerifier {
    TokenVerifier(
      IdentityOptions(keys: .file("/nowhere"), issuer: "", audience: ""), logger: Logger(label: "test"))
  }
}
