import Foundation
import Processes

/// Where and when something was measured, without which a figure is meaningless.
struct Machine: Codable, Sendable {
  let date: String
  let processor: String
  let cores: Int
  let system: String
  let redis: String
  let swift: String
  /// The load average of the last minute before the measurement started.
  let load: Double

  init() {
    date = Date.now.formatted(.iso8601)
    processor = Self.read("/proc/cpuinfo", after: "model name")
    cores = ProcessInfo.processInfo.activeProcessorCount
    system = "Linux " + (Self.read("/proc/sys/kernel/osrelease").split(separator: "\n").first ?? "?")
    redis = "redis-server " + Self.redisVersion()
    load = Double(Self.read("/proc/loadavg").prefix { $0 != " " }) ?? 0
    var swift = "Swift 6.2"
    #if compiler(>=6.3)
      swift = "Swift 6.3"
    #endif
    #if DEBUG
      swift += ", DEBUG BUILD: its figures mean nothing"
    #endif
    self.swift = swift
  }

  var line: String {
    "\(date) · \(processor), \(cores) cores · \(system) · \(redis) · \(swift) · load \(load)"
  }

  private static func read(_ path: String, after name: String? = nil) -> String {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "?"
    guard let name else { return text }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "?"
  }

  /// Returns the version that `redis-server --version` prints.
  private static func redisVersion() -> String {
    let output = FileManager.default.temporaryDirectory.appending(path: "redis-version-\(UUID())")
    defer { try? FileManager.default.removeItem(at: output) }
    guard let server = try? RunningProcess("redis-server", ["--version"], log: output) else { return "?" }
    server.wait()
    let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
    return text.split(separator: " ").first { $0.hasPrefix("v=") }.map { String($0.dropFirst(2)) } ?? "?"
  }
}
