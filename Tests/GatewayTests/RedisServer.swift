import Foundation
import Redis

/// A redis-server of a test's own, on a unix socket in a temporary folder.
final class RedisServer: Sendable {
  let url: RedisURL
  private let process: Process
  private let folder: URL

  /// Returns once the server takes connections.
  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let socket = folder.appending(path: "redis.sock").path
    url = try RedisURL("unix://\(socket)")
    process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var log = ""
    while !log.contains("eady to accept connections") {
      let part = output.fileHandleForReading.availableData
      guard !part.isEmpty else { throw RedisError(.unavailable, "redis-server did not start: \(log)") }
      log += String(decoding: part, as: UTF8.self)
    }
  }

  /// Ends the server; harmless when it has ended.
  func stop() {
    // SIGTERM stays blocked in what a thread of the runtime's pool starts.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }
}
