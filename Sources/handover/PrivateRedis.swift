import Foundation
import Processes
import Redis
import Runtime
import ServiceLifecycle

/// A private redis-server: a unix socket and an append-only file in a folder, nothing on the network.
///
/// It runs in its own process group, so that Ctrl-C in a terminal reaches only the process that started it,
/// which then stops the server last. A server left over from a crash is found by its socket and reused.
struct PrivateRedis: Service {
  let folder: URL
  let url: RedisURL

  /// Starts the server, or reuses the one that already runs on the folder.
  init(in folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let socket = try Self.socket(for: folder)
    url = try RedisURL("unix://\(socket)")
    guard let found = try? RedisConnection(url) else {
      try Self.launch(in: folder, socket: socket)
      return
    }
    // A socket outside the folder is named by a hash of the path, so it can belong to another folder.
    let place = try found.call("CONFIG", "GET", "dir")[1]?.string ?? ""
    guard Self.isSame(place, folder.path) else {
      throw StartError(
        "The redis-server on \(socket) uses \(place), not \(folder.path): stop it first.")
    }
  }

  func run() async throws {
    try? await gracefulShutdown()
    try await stop()
  }

  /// Stops the server once everything is on disk.
  func stop() async throws {
    try await Start.onThread { [url] in
      // The server answers SHUTDOWN by closing the connection, once everything is on disk.
      do throws(RedisError) { try RedisConnection(url).call("SHUTDOWN") } catch
        where error.code == .unavailable
      {}
    }
  }

  private static func launch(in folder: URL, socket: String) throws {
    let log = folder.appending(path: "redis.log")
    let server = try RunningProcess(
      "redis-server",
      [
        "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", folder.path,
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
        "--proto-max-bulk-len", "32mb", "--client-query-buffer-limit", "64mb", "--logfile", log.path,
      ], log: log)
    let deadline = ContinuousClock.now + .seconds(60)
    // It answers once its socket exists and the append-only file, which can be long, is loaded.
    while (try? RedisConnection(RedisURL("unix://\(socket)")).call("PING")) == nil {
      guard !server.hasEnded, ContinuousClock.now < deadline else {
        throw StartError(
          "redis-server did not start. Install it (apt-get install redis-server), or see \(log.path) for the reason."
        )
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    URL(fileURLWithPath: one).resolvingSymlinksInPath()
      == URL(fileURLWithPath: other).resolvingSymlinksInPath()
  }

  /// Returns a path in the folder, or in one that only this user can enter if the former is too long for a
  /// socket.
  private static func socket(for folder: URL) throws -> String {
    let inside = folder.appending(path: "redis.sock").path
    if inside.utf8.count < 108 { return inside }
    var hash: UInt64 = 5381
    for byte in inside.utf8 { hash = hash &* 33 &+ UInt64(byte) }
    return "\(try PrivateFolder.make())/\(String(hash, radix: 16)).sock"
  }
}
