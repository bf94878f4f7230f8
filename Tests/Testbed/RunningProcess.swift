import Foundation

/// A process that a test started, and ends by its process id.
public struct RunningProcess: Sendable {
  public let id: pid_t
  private let ended: DispatchGroup

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
    try process.run()
    id = process.processIdentifier
    self.ended = ended
  }

  public func signal(_ number: Int32) { Foundation.kill(id, number) }

  /// `kill -9`, and waits until it is gone.
  public func kill() {
    signal(SIGCONT)
    signal(SIGKILL)
    ended.wait()
  }

  /// SIGTERM; gives how long it took to end, or nil (and kills it) if it is still there after `limit`.
  @discardableResult
  public func terminate(within limit: Duration = .seconds(5)) -> Duration? {
    let start = ContinuousClock.now
    signal(SIGTERM)
    let (seconds, attoseconds) = limit.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    guard ended.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else {
      kill()
      return nil
    }
    return .now - start
  }
}
