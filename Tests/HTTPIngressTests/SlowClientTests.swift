import Foundation
import Testbed
import Testing

@testable import HTTPIngress

/// Clients who hold a connection without using it.
@Suite struct SlowClientTests {
  /// How many bytes a client sends at most, one every 20 ms: longer than any test waits.
  private static let drops = 60_000

  @Test(arguments: ["", "GET /liveness HTTP/1.1\r\nHost: a\r\n\r\n"])
  func `a head that arrives byte by byte ends after its time, also on a connection in use`(before: String)
    async throws
  {
    try await TestIngress.run(setUp: { $0.limits.idleTimeout = .milliseconds(500) }) { stage in
      let isCut = try await stage.connected { connection in
        if !before.isEmpty {
          connection.send(before)
          _ = connection.read(until: "UP")
        }
        connection.send("GET /liveness HTTP/1.1\r\nHost: a\r\nX: ")
        return (1...Self.drops).contains { _ in
          usleep(20_000)
          return !connection.send("x")
        }
      }
      #expect(isCut)
    }
  }

  @Test func `empty lines before a request do not keep a connection open`() async throws {
    try await TestIngress.run(setUp: { $0.limits.idleTimeout = .milliseconds(500) }) { stage in
      let isCut = try await stage.connected { connection in
        (1...Self.drops).contains { _ in
          usleep(20_000)
          return !connection.send("\r\n")
        }
      }
      #expect(isCut)
    }
  }

  @Test func `an idle connection is closed`() async throws {
    try await TestIngress.run(setUp: { $0.limits.idleTimeout = .milliseconds(200) }) { stage in
      let isClosed = try await stage.connected { connection in
        connection.send("GET /liveness HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = connection.read(until: "UP")
        return connection.isClosed()
      }
      #expect(isClosed)
    }
  }

  @Test func `one client cannot take all connections, a trusted proxy can`() async throws {
    for isProxy in [false, true] {
      try await TestIngress.run(setUp: {
        $0.limits.connectionsPerClient = 4
        if isProxy { $0.trustedProxies = TestIngress.loopback }
      }) { stage in
        let (refused, answered) = try await stage.held(4) {
          (try? RawConnection(port: stage.port)).map(Self.ask)
        }
        #expect(answered)
        if isProxy {
          #expect(refused?.hasPrefix("HTTP/1.1 200 ") == true)
        } else {
          #expect(refused?.hasPrefix("HTTP/1.1 429 ") == true)
          #expect(refused?.contains("\"code\":\"tooManyConnections\"") == true)
          #expect(refused?.contains("Retry-After: 1\r\n") == true)
        }
        // They are closed, and there is room again.
        try await eventually("a connection is taken") {
          try await stage.call("GET", "/liveness").status == 200
        }
      }
    }
  }

  @Test func `refused connections of one client do not take the room of others`() async throws {
    try await TestIngress.run(setUp: {
      $0.limits.connections = 20
      $0.limits.connectionsPerClient = 4
      // Refused connections stay open as long as they can.
      $0.limits.farewell = .seconds(600)
    }) { stage in
      let answers = try await stage.held(4) {
        let refused = (1...40).compactMap { _ in try? RawConnection(port: stage.port) }
        // From another address of this machine: another client.
        let other = (try? RawConnection(port: stage.port, from: "127.0.0.2")).map(Self.ask)
        return withExtendedLifetime(refused) { other }
      }
      #expect(answers.0?.hasPrefix("HTTP/1.1 200 ") == true)
    }
  }

  private static func ask(_ connection: RawConnection) -> String {
    connection.send("GET /liveness HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    return connection.read()
  }
}

extension TestIngress {
  /// Works while that many connections are open, and returns also whether these were served.
  fileprivate func held<Result: Sendable>(
    _ count: Int, _ work: @escaping @Sendable () -> Result
  ) async throws -> (Result, Bool) {
    let port = port
    return try await onThread {
      let held = try (1...count).map { _ in try RawConnection(port: port) }
      // Connections count once they are accepted, which an answer proves.
      let served = held.allSatisfy { connection in
        connection.send("GET /liveness HTTP/1.1\r\nHost: a\r\n\r\n")
        return connection.read(until: "UP").hasPrefix("HTTP/1.1 200 ")
      }
      return withExtendedLifetime(held) { (work(), served) }
    }
  }
}
