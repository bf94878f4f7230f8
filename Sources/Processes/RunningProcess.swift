import Foundation
import Synchronization

/// A child process, which is ended by its process id.
package struct RunningProcess: Sendable {
  package let id: pid_t
  private let ending: Ending

  /// - Parameters:
  ///   - program: a path, or a name to look up in `PATH`.
  ///   - log: the file to which its output is appended; nil discards it.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], log: URL? = nil
  ) throws {
    id = try Spawn(
      program, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      output: log?.path ?? "/dev/null"
    ).run()
    ending = Ending(of: id)
  }

  package var hasEnded: Bool { ending.status != nil }

  /// Its exit status; nil while it runs, or if a signal ended it.
  package var exitStatus: Int32? {
    // Like `WIFEXITED` and `WEXITSTATUS`.
    ending.status.flatMap { $0 & 0x7f == 0 ? $0 >> 8 & 0xff : nil }
  }

  /// Waits until it has ended.
  package func wait() { ending.wait() }

  package func signal(_ number: Int32) { if !hasEnded { Foundation.kill(id, number) } }

  /// Kills it (`kill -9`), and waits until it is gone.
  package func kill() {
    signal(SIGCONT)
    signal(SIGKILL)
    wait()
  }

  /// Asks it to end. Returns how long that took, or kills it and returns nil if it still runs after `limit`.
  @discardableResult
  package func terminate(by number: Int32 = SIGTERM, within limit: Duration) -> Duration? {
    let start = ContinuousClock.now
    signal(number)
    guard ending.wait(within: limit) else {
      kill()
      return nil
    }
    return .now - start
  }
}

/// The end of a process, for which a dedicated thread waits.
///
/// Foundation's `Process` waits for all processes on one run loop, which sometimes misses an end while
/// hundreds of sockets are open.
private final class Ending: Sendable {
  private let found = Mutex<Int32?>(nil)
  private let ended = DispatchGroup()

  init(of id: pid_t) {
    ended.enter()
    Thread.detachNewThread { [self] in
      var status: Int32 = 0
      while waitpid(id, &status, 0) == -1 && errno == EINTR {}
      let last = status
      found.withLock { $0 = last }
      ended.leave()
    }
  }

  /// The status from `waitpid`; nil while the process runs.
  var status: Int32? { found.withLock { $0 } }

  func wait() { ended.wait() }

  /// Waits for the end. Returns whether the process ended in time.
  func wait(within limit: Duration) -> Bool {
    let (seconds, attoseconds) = limit.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    return ended.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
  }
}
