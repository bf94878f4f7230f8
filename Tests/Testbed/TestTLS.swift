import Foundation
import Processes
import Redis

/// Certificates for the servers and clients of one test. They go with the value's lifetime.
package final class TestTLS: Sendable {
  package let folder: URL
  package let authority: TestAuthority
  package let server: TestAuthority.Identity

  /// - Parameters:
  ///   - subjects: What the server's certificate is for.
  ///   - days: How long it is valid.
  package init(for subjects: [String] = ["DNS:localhost", "IP:127.0.0.1"], days: Int = 2) throws {
    folder = URL(fileURLWithPath: "/tmp/handover-test-\(UInt32.random(in: 0...UInt32.max))")
    authority = try TestAuthority(in: folder)
    server = try authority.issue("server", for: subjects, days: days)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Settings that trust the servers.
  package var settings: RedisTLS { RedisTLS(caFile: authority.certificate.path) }

  /// The same as variables for a process.
  package var environment: [String: String] { ["HANDOVER_REDIS_CA_FILE": authority.certificate.path] }

  /// Options for a server that takes encrypted connections on a port.
  package func options(port: Int, asksClients: Bool = false) -> [String] {
    authority.redisOptions(port: port, as: server, asksClients: asksClients)
  }

  package func url(port: Int, host: String = "127.0.0.1") throws -> RedisURL {
    var url = try RedisURL("rediss://\(host):\(port)")
    url.tls = settings
    return url
  }
}
