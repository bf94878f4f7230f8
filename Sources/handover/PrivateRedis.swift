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

  /// Starts a server that keeps nothing, for as long as `body` runs. It ends with this thread, however that ends.
  ///
  /// - Parameter snapshot: A file with the data that it has; nothing if nil. It is only read.
  static func passing<Result>(
    with snapshot: URL? = nil, _ body: (RedisURL) throws -> Result
  ) throws -> Result {
    let scratch = URL(filePath: try PrivateFolder.make(), directoryHint: .isDirectory)
    let name = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    let socket = scratch.appending(path: "\(name).sock").path
    let log = scratch.appending(path: "\(name).log")
    let place = snapshot?.deletingLastPathComponent() ?? scratch
    let server = try launch(
      [
        "--dir", place.path, "--dbfilename", snapshot?.lastPathComponent ?? "\(name).rdb", "--appendonly",
        "no",
      ], by: ["setpriv", "--pdeathsig", "KILL", "redis-server"], socket: socket, log: log)
    defer {
      // There is nothing to keep.
      server.kill()
      for file in [socket, log.path] { try? FileManager.default.removeItem(atPath: file) }
    }
    return try body(try RedisURL("unix://\(socket)"))
  }

  /// Starts the server, or reuses the one that already runs on the folder.
  init(in folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let socket = try Self.socket(for: folder)
    url = try RedisURL("unix://\(socket)")
    guard let found = try? RedisConnection(url) else {
      try Self.launch(
        ["--dir", folder.path, "--appendonly", "yes", "--appendfsync", "everysec"], socket: socket,
        log: folder.appending(path: "redis.log"))
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

  /// Starts a server that nobody reaches but by its socket, and waits until it has loaded its data.
  @discardableResult
  private static func launch(
    _ options: [String], by program: [String] = ["redis-server"], socket: String, log: URL
  ) throws -> RunningProcess {
    let server: RunningProcess
    do {
      server = try RunningProcess(
        program[0],
        program.dropFirst() + options + [
          "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--save", "",
          "--maxmemory-policy",
          "noeviction", "--proto-max-bulk-len", "32mb", "--client-query-buffer-limit", "64mb", "--logfile",
          log.path,
        ], log: log)
    } catch {
      throw StartError(
        "\(program[0]) cannot be started. Install redis-server (apt-get install redis-server).")
    }
    let limit = Duration.seconds(60)
    var deadline = ContinuousClock.now + limit
    while true {
      do throws(RedisError) {
        try RedisConnection(RedisURL("unix://\(socket)")).call("PING")
        return server
      } catch {
        // Loading takes as long as there is data.
        if error.code == .refused(kind: .loading) { deadline = .now + limit }
      }
      guard !server.hasEnded, ContinuousClock.now < deadline else {
        server.kill()
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        let end = text.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "\n")
        throw StartError("redis-server did not start. The end of \(log.path) is:\n\(end)")
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
