import Foundation

/// A process that a benchmark started, and stops by its process id.
struct Child: Sendable {
  let id: pid_t
  private let ended: DispatchGroup

  /// - Parameters:
  ///   - program: A path, or a name to find in `PATH`.
  ///   - log: The file for its output.
  init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], log: URL
  ) throws {
    if !FileManager.default.fileExists(atPath: log.path) {
      _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    }
    let output = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    let ended = DispatchGroup()
    ended.enter()
    process.terminationHandler = { _ in ended.leave() }
    try process.run()
    id = process.processIdentifier
    self.ended = ended
    Cleanup.add(id)
  }

  var isRunning: Bool { ended.wait(timeout: .now()) == .timedOut }

  /// Sends SIGTERM, and SIGKILL if the process still exists after ten seconds.
  func end() {
    kill(id, SIGTERM)
    if ended.wait(timeout: .now() + 10) == .timedOut {
      kill(id, SIGKILL)
      ended.wait()
    }
    Cleanup.remove(id)
  }

  /// The CPU time that the process has used so far, in seconds, including all its threads.
  var cpuSeconds: Double { Self.cpuSeconds(of: id) }

  /// Returns the CPU time of any process; 0 if it does not exist.
  static func cpuSeconds(of id: pid_t) -> Double {
    var clock = clockid_t()
    var time = timespec()
    // Precise to the nanosecond; /proc/<id>/stat counts in hundredths of a second.
    guard clock_getcpuclockid(id, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
