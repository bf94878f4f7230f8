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
