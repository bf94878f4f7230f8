import Health
import Testbed
import Testing

@Suite struct GuardedHTTPChannelTests {
  @Test func `pages of any origin can call by default`() async throws {
    try await TestIngress.run { stage in
      let origin = ["Origin": "http://shop.example", "Access-Control-Request-Method": "POST"]
      let preflight = try await stage.call("OPTIONS", "/reserves", nil, origin)
      #expect(preflight.status == 204)
      #expect(preflight.headers["access-control-allow-origin"] == "http://shop.example")
      #expect(preflight.headers["access-control-allow-credentials"] == "true")
      #expect(preflight.headers["access-control-allow-methods"]?.contains("PATCH") == true)
      let failed = try await stage.call("GET", "/nothing", nil, ["Origin": "http://shop.example"])
      #expect(failed.headers["access-control-allow-origin"] == "http://shop.example")
      #expect(failed.headers["access-control-expose-headers"]?.contains("Location") == true)
    }
  }

  @Test func `only configured origins can call`() async throws {
    try await TestIngress.run(setUp: { $0.allowedOrigins = ["http://a.example"] }) { stage in
      for (origin, isAllowed) in [("http://a.example", true), ("http://b.example", false)] {
        let answer = try await stage.call("GET", "/reserves", nil, ["Origin": origin])
        #expect((answer.headers["access-control-allow-origin"] == origin) == isAllowed)
      }
    }
  }

  @Test func `where callers must sign in, only pages of configured origins can call, without credentials`()
    async throws
  {
    for origins in [nil, ["http://a.example"]] as [[String]?] {
      try await TestIngress.run(setUp: { ($0.identity, $0.allowedOrigins) = (.unused, origins) }) {
        stage in
        for origin in ["http://a.example", "http://b.example", "null", "*"] {
          let isAllowed = origins?.contains(origin) == true
          let preflight = try await stage.call(
            "OPTIONS", "/reserves", nil,
            [
              "Origin": origin, "Access-Control-Request-Method": "POST",
              "Access-Control-Request-Headers": "authorization, x-any",
            ])
          #expect(preflight.status == 204)
          #expect(preflight.headers["access-control-allow-origin"] == (isAllowed ? origin : nil))
          #expect(preflight.headers["access-control-allow-credentials"] == nil)
          let headers = preflight.headers["access-control-allow-headers"]
          let allowed = "Authorization, Content-Type, Prefer, Idempotency-Key, If-Match, Last-Event-ID"
          #expect(headers == (isAllowed ? allowed : nil))
          #expect(preflight.headers["vary"]?.hasPrefix("Origin, ") == true)
          let read = try await stage.call("GET", "/trades", nil, ["Origin": origin])
          #expect(read.headers["access-control-allow-origin"] == (isAllowed ? origin : nil))
          #expect(read.headers["access-control-allow-credentials"] == nil)
          #expect(
            (read.headers["access-control-expose-headers"]?.contains(
              "RateLimit-Policy, Retry-After, WWW-Auth") == true)
              == isAllowed)
          #expect(read.headers["vary"] == "Origin, Accept-Language, Authorization")
          // A browser sends some writes without asking.
          let written = try await stage.call("POST", "/reserves", TestIngress.reserve(7), ["Origin": origin])
          #expect((written.status == 403) == !isAllowed)
        }
      }
    }
  }

  @Test func `a page without an origin of its own can call by default`() async throws {
    try await TestIngress.run { stage in
      let read = try await stage.call("GET", "/trades", nil, ["Origin": "null"])
      #expect(read.headers["access-control-allow-origin"] == "null")
      let preflight = try await stage.call(
        "OPTIONS", "/reserves", nil,
        [
          "Origin": "http://a.example", "Access-Control-Request-Method": "POST",
          "Access-Control-Request-Headers": "x-any",
        ])
      #expect(preflight.headers["access-control-allow-headers"] == "x-any")
    }
  }

  @Test func `every answer tells browsers to guess nothing, to tell nothing, and to keep nothing`()
    async throws
  {
    try await TestIngress.run { stage in
      func check(_ answer: TestIngress.Answer, _ what: String) {
        #expect(answer.headers["x-content-type-options"] == "nosniff", "\(what)")
        #expect(answer.headers["referrer-policy"] == "no-referrer", "\(what)")
        #expect(answer.headers["cache-control"]?.contains("no-store") == true, "\(what)")
      }
      for path in [
        "/", "/reserves", "/notices", "/mypages/a", "/trades/7", "/nothing", "/liveness", "/operations/x",
        "/trades?page=x",
      ] {
        check(try await stage.call("GET", path), path)
        check(try await stage.call("OPTIONS", path), path)
      }
      check(try await stage.call("POST", "/reserves", TestIngress.reserve(7)), "a write")
      let preflight = ["Origin": "http://a.example", "Access-Control-Request-Method": "POST"]
      check(try await stage.call("OPTIONS", "/reserves", nil, preflight), "a preflight")
    }
  }

  @Test func `health and metrics are gone from a port that does not serve them`() async throws {
    try await TestIngress.run(setUp: { ($0.servesHealth, $0.metrics) = (false, { "metrics" }) }) { stage in
      for path in Health.paths {
        let answer = try await stage.call("GET", path)
        #expect(answer.status == 404, "\(path)")
      }
      #expect(try await stage.call("PUT", "/actuator/down").status == 404)
      #expect(try await stage.call("GET", "/trades").status == 200)
    }
    // All of them are known by their paths.
    try await TestIngress.run(setUp: { $0.metrics = { "metrics" } }) { stage in
      for path in Health.paths where path != "/actuator/down" {
        let answer = try await stage.call("GET", path)
        #expect(answer.status == 200, "\(path)")
      }
      #expect(Health.probes.isStrictSubset(of: Health.paths))
    }
  }

  @Test func `the down endpoint fails all health checks if it is enabled`() async throws {
    try await TestIngress.run(health: Health(allowsDown: true)) { stage in
      let health = try await stage.call("GET", "/actuator/health")
      #expect(health.json["status"].text == "UP")
      #expect(health.json["components"]["redis"]["status"].text == "UP")
      #expect(try await stage.call("PUT", "/actuator/down").status == 503)
      for path in [
        "/actuator/health/liveness", "/liveness", "/actuator/health/readiness", "/actuator/health",
      ] {
        #expect(try await stage.call("GET", path).status == 503)
      }
    }
  }

  @Test func `the down endpoint is refused unless it is enabled`() async throws {
    try await TestIngress.run(health: Health(downSetting: "GATEWAY_DOWN")) { stage in
      let refused = try await stage.call("PUT", "/actuator/down")
      #expect(refused.status == 403)
      #expect(refused.json["message"].text?.contains("GATEWAY_DOWN") == true)
      #expect(try await stage.call("GET", "/liveness").status == 200)
    }
  }

  @Test func `stopping fails readiness, but not liveness`() async throws {
    let health = Health()
    try await TestIngress.run(health: health) { stage in
      health.beginStopping()
      let readiness = try await stage.call("GET", "/readiness")
      #expect(readiness.json["status"].text == "OUT_OF_SERVICE")
      #expect(try await stage.call("GET", "/liveness").status == 200)
    }
  }
}
