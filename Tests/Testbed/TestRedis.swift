import Foundation
import Processes
import Redis
import Synchronization

/// A redis-server for one test, on a Unix socket in a temporary folder. It ends with the value's lifetime.
package final class TestRedis: Sendable {
  /// The server that tests start: `HANDOVER_TEST_REDIS_SERVER`, or else the redis-server of the path.
  package static let executable =
    ProcessInfo.processInfo.environment["HANDOVER_TEST_REDIS_SERVER"] ?? "redis-server"

  package let folder: URL
  package let url: RedisURL
  private let options: [String]
  private let server: Mutex<RunningProcess>

  /// - Parameter options: additional options of redis-server, such as `["--appendonly", "yes"]`.
  package init(_ options: [String] = []) throws {
    folder = URL(fileURLWithPath: "/tmp/handover-test-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    url = try RedisURL("unix://\(folder.path)/redis.sock")
    self.options = options
    server = Mutex(try Self.launch(in: folder, options))
    try awaitAnswer()
  }

  deinit {
    server.withLock { $0.kill() }
    try? FileManager.default.removeItem(at: folder)
  }

  package func connect() throws -> RedisConnection {
    try RedisConnection(url, commandTimeout: Patience.limit)
  }

  /// The process, for tests that stop or kill the server.
  package var process: RunningProcess { server.withLock { $0 } }

  /// Starts a new server on the data of the last one.
  package func restart() throws {
    try server.withLock {
      $0.kill()
      $0 = try Self.launch(in: folder, options)
    }
    try awaitAnswer()
  }

  private static func launch(in folder: URL, _ options: [String]) throws -> RunningProcess {
    try RunningProcess(
      executable,
      [
        "--port", "0", "--unixsocket", "\(folder.path)/redis.sock", "--dir", folder.path, "--save", "",
        "--appendonly", "no", "--daemonize", "no",
      ] + options, log: folder.appending(path: "redis.log"))
  }

  /// Polls until the server answers, because it does not signal that it is up.
  private func awaitAnswer() throws {
    let deadline = ContinuousClock.now + Patience.limit
    while true {
      do {
        try connect().call("PING")
        return
      } catch {
        if ContinuousClock.now > deadline { throw error }
        usleep(5000)
      }
    }
  }
}
