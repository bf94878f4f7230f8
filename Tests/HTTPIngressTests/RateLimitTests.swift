import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import Market
import ServiceLifecycle
import Testbed
import Testing

@testable import HTTPIngress

/// What clients see of the limits.
@Suite struct RateLimitTests {
  @Test func `writes over the limit are refused with a time to wait, and reads go on`() async throws {
    try await TestIngress.run(setUp: { ($0.writesPerMinute, $0.readsPerMinute) = (3, 100) }) { stage in
      for left in [2, 1, 0] {
        let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7))
        #expect(made.status == 201)
        #expect(made.headers["ratelimit-policy"] == "\"writes\";q=3;w=60")
        #expect(made.headers["ratelimit"]?.hasPrefix("\"writes\";r=\(left);t=") == true)
        #expect(made.headers["retry-after"] == nil)
      }
      let refused = try await stage.call("POST", "/reserves", TestIngress.reserve(7))
      #expect(refused.status == 429)
      #expect(refused.headers["content-type"] == "application/problem+json")
      #expect(refused.json["code"].text == "rateLimited")
      #expect(refused.json["message"].text?.contains("요청이 너무 많습니다") == true)
      let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
      #expect(1...20 ~= wait)
      #expect(refused.headers["ratelimit"] == "\"writes\";r=0;t=\(wait)")
      #expect(refused.headers["ratelimit-policy"] == "\"writes\";q=3;w=60")
      let english = try await stage.call("DELETE", "/reserves/1", nil, ["Accept-Language": "en"])
      #expect(
        english.status == 429 && english.json["message"].text?.hasPrefix("Too many calls: 3 writes") == true)
      #expect(stage.lane.count == 3)
      // Failures too say what is left.
      for (path, status) in [
        ("/reserves", 200), ("/reserves/7777", 404), ("/trades?page=x", 400), ("/nothing", 404),
      ] {
        let read = try await stage.call("GET", path)
        #expect(read.status == status)
        #expect(read.headers["ratelimit-policy"] == "\"reads\";q=100;w=60", "\(path)")
        #expect(read.headers["ratelimit"]?.hasPrefix("\"reads\";r=9") == true, "\(path)")
      }
    }
  }

  @Test func `the body of a call that is over the limit is never taken for a request`() async throws {
    try await TestIngress.run(setUp: { $0.writesPerMinute = 1 }) { stage in
      let hidden = "DELETE /trades/1 HTTP/1.1\r\nHost: a\r\n\r\n"
      let head = "POST /trades HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      let post = head + "Content-Length: \(hidden.utf8.count)\r\n\r\n" + hidden
      let last = "GET /liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      let answers = try await stage.raw(post + post + last).matches(of: #/HTTP/1\.1 (\d{3}) /#)
      #expect(answers.map { String($0.1) } == ["400", "429", "200"])
    }
  }

  @Test func `pages cost as much as the ordinary pages that read the same`() async throws {
    try await TestIngress.run(setUp: { ($0.readsPerMinute, $0.trustedProxies) = (1000, TestIngress.loopback) }
    ) { stage in
      let calls = [
        ("/trades", 1), ("/trades?size=20", 1), ("/trades?size=21", 2), ("/trades?size=1000", 50),
        ("/trades?size=99999", 50), ("/trades?sort=id,desc&page=9", 1), ("/trades?sort=price", 50),
        ("/notices?page=9", 10), ("/notices?page=9&userid=a", 1), ("/notices?sort=id", 50),
        ("/trades?size=x", 1), ("/mypages/a?sort=id", 50), ("/mypages/a?page=9", 1), ("/reserves?sort=id", 1),
      ]
      for (number, (path, cost)) in calls.enumerated() {
        // Each call is the first one of its client, whose bucket is full.
        let answer = try await stage.call("GET", path, nil, ["X-Forwarded-For": "192.0.2.\(number)"])
        #expect(answer.headers["ratelimit"]?.hasPrefix("\"reads\";r=\(1000 - cost);t=") == true, "\(path)")
      }
    }
  }

  @Test func `health and metrics are free, and nothing is limited by default`() async throws {
    try await TestIngress.run(setUp: { ($0.readsPerMinute, $0.metrics) = (1, { "metrics" }) }) { stage in
      for path in ["/liveness", "/readiness", "/actuator/health", "/metrics"] {
        for _ in 1...3 {
          let answer = try await stage.call("GET", path)
          #expect(answer.status == 200 && answer.headers["ratelimit"] == nil)
        }
      }
      #expect(try await stage.call("GET", "/trades").status == 200)
      #expect(try await stage.call("GET", "/trades").status == 429)
      #expect(try await stage.call("HEAD", "/trades").status == 429)
    }
    try await TestIngress.run { stage in
      let answer = try await stage.call("GET", "/trades")
      #expect(!answer.headers.keys.contains { $0.hasPrefix("ratelimit") })
    }
  }

  @Test func `behind a trusted proxy each of its clients has a bucket, and nobody can name another`()
    async throws
  {
    func statuses(_ stage: TestIngress, _ forwarded: String...) async throws -> [Int] {
      var statuses: [Int] = []
      for value in forwarded {
        statuses.append(try await stage.call("GET", "/trades", nil, ["X-Forwarded-For": value]).status)
      }
      return statuses
    }
    try await TestIngress.run(setUp: { ($0.readsPerMinute, $0.trustedProxies) = (1, TestIngress.loopback) }) {
      stage in
      let found = try await statuses(stage, "192.0.2.1", "192.0.2.2", "192.0.2.3, 192.0.2.1", "192.0.2.1")
      #expect(found == [200, 200, 429, 429])
    }
    try await TestIngress.run(setUp: { $0.readsPerMinute = 1 }) { stage in
      let found = try await statuses(stage, "192.0.2.1", "192.0.2.2")
      #expect(found == [200, 429])
    }
  }

  @Test
  func
    `users have buckets of their own, operators have no limit, and refused tokens are charged to the address`()
    async throws
  {
    try await Self.signedIn(readsPerMinute: 3) { http in
      func get(_ token: String?) async throws -> HTTP.Answer {
        try await http.call(.GET, "/trades", headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:])
      }
      // Tries of tokens are bounded, and so is who brings none, at the same address.
      #expect(try await get("bad").status == 401)
      let tried = try await get("bad")
      #expect(
        tried.status == 401 && tried.headers.first(name: "RateLimit")?.hasPrefix("\"reads\";r=1;t=") == true)
      #expect(try await get(nil).status == 200)
      for token in ["bad", nil] {
        let refused = try await get(token)
        #expect(refused.status == 429 && refused.headers.first(name: "Retry-After") != nil)
      }
      // Those who are signed in do not pay for it, although they call from there.
      for user in ["a", "b"] {
        for _ in 1...3 { #expect(try await get(user).status == 200) }
        #expect(try await get(user).status == 429)
      }
      for _ in 1...10 {
        let answer = try await get("operator")
        #expect(answer.status == 200 && !answer.headers.contains(name: "RateLimit"))
      }
    }
  }

  /// Runs a server whose tokens are names.
  private static func signedIn(readsPerMinute: Int, _ body: (HTTP) async throws -> Void) async throws {
    let server = try TestRedis()
    var options = IngressOptions(shards: 1, redis: .single(server.url))
    options.readsPerMinute = readsPerMinute
    let limits = try #require(RateLimits(options))
    let router = Router(context: IngressContext.self)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: RefusedCallerMiddleware(limits: limits))
    router.add(middleware: NamesAsTokens())
    router.add(middleware: RateLimitMiddleware(limits: limits))
    router.add(middleware: ProblemMiddleware())
    router.get("/trades") { _, _ in "trades" }
    let (ports, port) = AsyncStream<Int>.makeStream()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let app = Application(
      router: router, server: .http1(within: options.limits),
      configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { port.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(services: [app], logger: logger)
    async let running: Void = group.run()
    for await port in ports {
      try await body(HTTP(port: port))
      break
    }
    await group.triggerGracefulShutdown()
    try await running
  }

  private struct NamesAsTokens: RouterMiddleware {
    func handle(
      _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
    ) async throws -> Response {
      var context = context
      switch request.headers[.authorization]?.dropFirst("Bearer ".count) {
      case nil: context.viewer = .nobody
      case "bad": throw Problem(.invalidToken, "The token is not valid.")
      case let name?: context.viewer = .user(ActingUser(String(name), isOperator: name == "operator"))
      }
      return try await next(request, context)
    }
  }
}
