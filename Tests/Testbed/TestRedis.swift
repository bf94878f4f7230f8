import Foundation
import Redis
import Synchronization

/// A redis-server of a test's own, on a unix socket in a temporary folder. It ends with the value that made it.
package final class TestRedis: Sendable {
  package let folder: URL
  package let url: RedisURL
  private let options: [String]
  private let server: Mutex<RunningProcess>

  /// - Parameter options: more of redis-server's own options, such as `["--appendonly", "yes"]`.
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

  /// Starts a new server on what the last one left on disk.
  package func restart() throws {
    try server.withLock {
      $0.kill()
      $0 = try Self.launch(in: folder, options)
    }
    try awaitAnswer()
  }

  private static func launch(in folder: URL, _ options: [String]) throws -> RunningProcess {
    try RunningProcess(
      "redis-server",
      [
        "--port", "0", "--unixsocket", "\(folder.path)/redis.sock", "--dir", folder.path, "--save", "",
        "--appendonly", "no", "--daemonize", "no",
      ] + options, log: folder.appending(path: "redis.log"))
  }

  /// A server gives no signal when it is up, so this asks until it answers.
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
