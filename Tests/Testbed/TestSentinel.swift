import Foundation
import Processes
import Redis

/// A primary, its replica, and a sentinel that watches them. They end with the value's lifetime.
package final class TestSentinel: Sendable {
  package static let primaryName = "mymaster"

  package let primary: TestRedis
  package let replica: TestRedis
  private let ports: (primary: Int, replica: Int, sentinel: Int)
  private let sentinel: RunningProcess
  private let tls: TestTLS?

  /// Starts all three, and waits until the sentinel knows the replica.
  ///
  /// - Parameter tls: Encrypts all connections, also between them.
  package init(tls: TestTLS? = nil) throws {
    ports = (try FreePort.find(), try FreePort.find(), try FreePort.find())
    self.tls = tls
    func port(_ number: Int) -> [String] { tls?.options(port: number) ?? ["--port", "\(number)"] }
    primary = try TestRedis(port(ports.primary))
    replica = try TestRedis(
      port(ports.replica) + [
        "--replicaof", "127.0.0.1 \(ports.primary)", "--repl-diskless-sync-delay", "0",
      ])
    // Sentinels write what they learn to their configuration.
    let file = primary.folder.appending(path: "sentinel.conf")
    try Data(
      """
      dir \(primary.folder.path)
      sentinel monitor \(Self.primaryName) 127.0.0.1 \(ports.primary) 1
      sentinel down-after-milliseconds \(Self.primaryName) 500
      sentinel failover-timeout \(Self.primaryName) 3000

      """.utf8
    ).write(to: file)
    sentinel = try RunningProcess(
      TestRedis.executable, [file.path, "--sentinel"] + port(ports.sentinel),
      log: primary.folder.appending(path: "sentinel.log"))
    do {
      try insist("the sentinel knows the replica") {
        let sentinel = try RedisConnection(
          tls?.url(port: ports.sentinel) ?? RedisURL("redis://127.0.0.1:\(ports.sentinel)"))
        let known = try sentinel.call("SENTINEL", "REPLICAS", Self.primaryName)
        let info = try replica.connect().call("INFO", "replication").string ?? ""
        guard known[0]?.pairs["master-link-status"] == "ok", info.contains("master_link_status:up") else {
          throw NeverHappened(description: "it knows \(known.count)")
        }
      }
    } catch {
      sentinel.kill()
      throw error
    }
  }

  deinit { sentinel.kill() }

  /// A URL that also names sentinels that are away.
  package var url: RedisURL {
    get throws {
      var url = try RedisURL(
        """
        redis\(tls == nil ? "" : "s")-sentinel://127.0.0.1:1,127.0.0.1:\(ports.sentinel),127.0.0.1:2/\
        \(Self.primaryName)
        """)
      url.tls = tls?.settings
      return url
    }
  }

  /// A URL with a name that the sentinel does not know.
  package var wrongURL: RedisURL {
    get throws { try RedisURL("redis-sentinel://127.0.0.1:\(ports.sentinel)/other") }
  }
}
