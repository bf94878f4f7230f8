import AsyncHTTPClient
import Foundation
import Keys
import Lanes
import Logging
import Market
import NIOCore
import NIOHTTP1
import OperatorWeb
import Redis
import ServiceLifecycle
import Testbed
import Testing
import Workers

/// A running operator's page on a Redis of its own, without workers.
struct TestWeb {
  static let shards = 2

  let http: HTTP
  let redis: TestRedis

  /// What browsers say when our own page calls.
  static let ours: HTTPHeaders = ["Sec-Fetch-Site": "same-origin"]

  /// Serves the page while the body runs.
  static func run(
    allowsActions: Bool = false, setUp: (inout OperatorWebOptions) throws -> Void = { _ in },
    _ body: (TestWeb) async throws -> Void
  ) async throws {
    let redis = try TestRedis()
    try redis.connect().call("SET", Key.shardCount, "\(shards)")
    var options = OperatorWebOptions(redis: redis.url)
    options.allowsActions = allowsActions
    options.port = 0
    try setUp(&options)
    try await run(options) { try await body(TestWeb(http: $0, redis: redis)) }
  }

  /// Serves a page that is set up elsewhere while the body runs.
  static func run(_ options: OperatorWebOptions, _ body: (HTTP) async throws -> Void) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, port) = AsyncStream<Int>.makeStream()
    let web = OperatorWeb(options: options, logger: logger) { port.yield($0) }
    let group = ServiceGroup(services: [web], logger: logger)
    async let running: Void = group.run()
    for await port in ports {
      try await body(HTTP(port: port))
      break
    }
    await group.triggerGracefulShutdown()
    try await running
  }

  func get(_ path: String) async throws -> HTTP.Answer { try await http.call(.GET, path, headers: Self.ours) }

  func post(_ path: String, _ body: String) async throws -> HTTP.Answer {
    try await http.call(.POST, path, body, headers: Self.ours)
  }

  /// The operators' log, the oldest first: action, subject, change, result.
  func log() async throws -> [[String]] {
    try await get("/log.json").json["entries"].elements.reversed().map { entry in
      ["action", "subject", "change", "result"].map { entry[$0].text ?? "" }
    }
  }

  /// Puts a dead letter of an inlet in place. Returns its id.
  @discardableResult
  func putAside(
    _ fields: Fields, of worker: DecidingWorker = .trade, reason: String = "notANumber",
    wrong: String = "qty",
    message: String = "qty must be a whole number, but it is \"x\"."
  ) throws -> String {
    let tag = Key.inlet(worker)
    var words = RESPWords(
      "XADD", LaneName(worker: "", tag: "{\(tag)}").deadLetters, "*", "worker", worker.rawValue, "stream",
      tag,
      "entry", "17-0", "reason", reason, "wrong", wrong, "message", message)
    for (name, value) in fields {
      words.add("field:\(name)")
      words.add(value)
    }
    return "\(tag)/\(try redis.connect().call(words).string ?? "")"
  }

  /// A listing that lacks a number.
  static func listing(_ id: Int, qty: String = "x") -> Fields {
    [
      "type": "ListTrade", "id": "\(id)", "productid": "\(id)", "userid": "이준호", "productname": "책",
      "qty": qty, "price": "1000", "phone": "010-1234-5678",
    ]
  }

  /// Runs the workers of the system until the body has ended.
  func working(_ body: () async throws -> Void) async throws {
    var options = LaneOptions()
    options.heartbeat = .milliseconds(20)
    let runners = WorkerKind.allCases.map { role in
      LaneRunner(
        worker: role.rawValue, lanes: role.lanes(shards: Self.shards), redis: .single(redis.url),
        options: options, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
    let threads = runners.map { runner in Background { runner.run() } }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    for runner in runners { runner.stop() }
    try await onThread { for thread in threads { #expect(thread.wait() != nil) } }
    try result.get()
  }
}
