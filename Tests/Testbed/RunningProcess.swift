import Foundation

/// A process that a test started, and ends by its process id.
public struct RunningProcess: Sendable {
  public let id: pid_t
  private let ended: DispatchGroup
  private let process: Process

  /// - Parameters:
  ///   - program: a path, or a name that is looked for in `PATH`.
  ///   - log: where its output goes; nowhere if nil.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], log: URL? = nil
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var output = FileHandle.nullDevice
    if let log {
      if !FileManager.default.fileExists(atPath: log.path) {
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
      }
      output = try FileHandle(forWritingTo: log)
      try output.seekToEnd()
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    let ended = DispatchGroup()
    ended.enter()
    process.terminationHandler = { _ in ended.leave() }
    // A thread of the cooperative pool blocks all signals, and a child would inherit that.
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
    id = process.processIdentifier
    self.process = process
    self.ended = ended
  }

  public var hasEnded: Bool { !process.isRunning }

  /// Its exit status, once it has ended by itself.
  public var exitStatus: Int32? {
    hasEnded && process.terminationReason == .exit ? process.terminationStatus : nil
  }

  /// Waits until it has ended by itself.
  public func wait() { ended.wait() }

  public func signal(_ number: Int32) { Foundation.kill(id, number) }

  /// `kill -9`, and waits until it is gone.
  public func kill() {
    signal(SIGCONT)
    signal(SIGKILL)
    ended.wait()
  }

  /// Asks it to end; gives how long that took, or nil (and kills it) if it is still there after `limit`.
  @discardableResult
  public func terminate(by number: Int32 = SIGTERM, within limit: Duration = .seconds(5)) -> Duration? {
    let start = ContinuousClock.now
    signal(number)
    let (seconds, attoseconds) = limit.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    guard ended.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else {
      kill()
      return nil
    }
    return .now - start
  }
}
