import Foundation
import Operations
import Processes
import Redis
import Runtime

/// The copy of one server's data that `redis-cli --rdb` writes: what the server would send a replica, all of one moment.
enum Snapshot {
  /// Writes the data of a server to a file. Throws `BackupError` if the server does not give it.
  static func write(_ server: RedisURL, to file: URL) throws {
    var arguments: [String]
    switch server.endpoint {
    case .tcp(let host, let port): arguments = ["-h", host, "-p", "\(port)"]
    case .unix(let path): arguments = ["-s", path]
    case .cluster, .sentinel: throw BackupError("\(server) names several servers, and one is needed here.")
    }
    if let tls = server.tls {
      arguments.append("--tls")
      if let file = tls.caFile { arguments += ["--cacert", file] }
      if let identity = tls.identity {
        arguments += ["--cert", identity.certificateFile, "--key", identity.keyFile]
      }
      if let name = tls.serverName { arguments += ["--sni", name] }
    }
    // The password is not for everybody to see in the list of processes.
    var environment: [String: String] = [:]
    let credentials = try server.credentials() ?? []
    if let password = credentials.last { environment["REDISCLI_AUTH"] = password }
    if credentials.count == 2 { arguments += ["--user", credentials[0]] }
    let log = file.appendingPathExtension("log")
    defer { try? FileManager.default.removeItem(at: log) }
    let copy: RunningProcess
    do {
      copy = try RunningProcess(
        "redis-cli", arguments + ["--rdb", file.path], environment: environment, log: log)
    } catch {
      throw BackupError("redis-cli cannot be started: install it (apt-get install redis-tools).")
    }
    copy.wait()
    let start = try FileHandle(forReadingFrom: file).read(upToCount: 5)
    guard copy.exitStatus == 0, start == Data("REDIS".utf8) else {
      let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      let end = text.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "\n")
      throw BackupError(
        """
        \(server) did not give its data (the user needs +psync +replconf; a service that allows neither has snapshots of \
        its own):
        \(end)
        """)
    }
  }
}
