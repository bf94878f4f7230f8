import Foundation

/// A process that a benchmark started, and ends by its process id.
struct Child: Sendable {
  let id: pid_t
  private let ended: DispatchGroup

  /// - Parameters:
  ///   - program: a path, or a name that is looked for in `PATH`.
  ///   - log: where its output goes.
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

  /// SIGTERM, and SIGKILL for what is still there after ten seconds.
  func end() {
    kill(id, SIGTERM)
    if ended.wait(timeout: .now() + 10) == .timedOut {
      kill(id, SIGKILL)
      ended.wait()
    }
    Cleanup.remove(id)
  }

  /// The processor time that the process has used so far, in seconds, with all its threads.
  var cpuSeconds: Double { Self.cpuSeconds(of: id) }

  /// The same of a process that somebody else started; 0 for one that is gone.
  static func cpuSeconds(of id: pid_t) -> Double {
    var clock = clockid_t()
    var time = timespec()
    // To the nanosecond, where /proc/<id>/stat counts in hundredths of a second.
    guard clock_getcpuclockid(id, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
