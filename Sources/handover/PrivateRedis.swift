import Foundation
import Redis
import Runtime
import ServiceLifecycle

/// A redis-server of one's own: a unix socket and an append-only file in a folder, nothing on the network.
///
/// It is a daemon, so that Ctrl-C in a terminal reaches only the one who started it, who then ends it last. One
/// that was left over from a crash is found by its socket and taken on.
struct PrivateRedis: Service {
  let folder: URL
  let url: RedisURL

  /// Starts the server, or finds the one that runs on the folder already.
  init(in folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let socket = Self.socket(for: folder)
    url = try RedisURL("unix://\(socket)")
    if (try? RedisConnection(url)) == nil { try Self.launch(in: folder, socket: socket) }
  }

  func run() async throws {
    try? await gracefulShutdown()
    try await Start.onThread { [url] in
      // The server answers SHUTDOWN by closing the connection, once everything is on disk.
      do throws(RedisError) { try RedisConnection(url).call("SHUTDOWN") } catch where error.code == .unavailable {}
    }
  }

  private static func launch(in folder: URL, socket: String) throws {
    let server = Process()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    server.arguments = [
      "redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", folder.path,
      "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
      "--daemonize", "yes", "--pidfile", folder.appending(path: "redis.pid").path, "--logfile",
      folder.appending(path: "redis.log").path,
    ]
    server.standardOutput = FileHandle.nullDevice
    try server.run()
    server.waitUntilExit()
    guard server.terminationStatus == 0 else {
      throw StartError(
        "redis-server did not start (status \(server.terminationStatus)). Install it (apt-get install redis-server), or see \(folder.path)/redis.log."
      )
    }
    let connection = try awaitConnection(try RedisURL("unix://\(socket)"))
    // A long append-only file takes a while to load.
    while try connection.call("INFO", "persistence").string?.contains("loading:1") == true {
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  private static func awaitConnection(_ url: RedisURL) throws -> RedisConnection {
    let deadline = ContinuousClock.now + .seconds(30)
    while true {
      do throws(RedisError) {
        return try RedisConnection(url)
      } catch {
        if ContinuousClock.now > deadline { throw error }
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// In the folder, unless that makes the path too long for a socket.
  private static func socket(for folder: URL) -> String {
    let inside = folder.appending(path: "redis.sock").path
    if inside.utf8.count < 108 { return inside }
    var hash: UInt64 = 5381
    for byte in inside.utf8 { hash = hash &* 33 &+ UInt64(byte) }
    return "/tmp/handover-\(String(hash, radix: 16)).sock"
  }
}
