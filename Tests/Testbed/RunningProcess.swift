import Foundation
import Synchronization

/// A process that a test started, and ends by its process id.
package struct RunningProcess: Sendable {
  package let id: pid_t
  private let ending: Ending

  /// - Parameters:
  ///   - program: a path, or a name that is looked for in `PATH`.
  ///   - log: where its output is appended; nowhere if nil.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], log: URL? = nil
  ) throws {
    id = try Spawn(
      program, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      output: log?.path ?? "/dev/null"
    ).run()
    ending = Ending(of: id)
  }

  package var hasEnded: Bool { ending.status != nil }

  /// Its exit status, once it has ended by itself.
  package var exitStatus: Int32? {
    // As `WIFEXITED` and `WEXITSTATUS` read it.
    ending.status.flatMap { $0 & 0x7f == 0 ? $0 >> 8 & 0xff : nil }
  }

  /// Waits until it has ended by itself.
  package func wait() { ending.wait() }

  package func signal(_ number: Int32) { if !hasEnded { Foundation.kill(id, number) } }

  /// `kill -9`, and waits until it is gone.
  package func kill() {
    signal(SIGCONT)
    signal(SIGKILL)
    wait()
  }

  /// Asks it to end; gives how long that took, or nil (and kills it) if it is still there after `limit`.
  @discardableResult
  package func terminate(by number: Int32 = SIGTERM, within limit: Duration = Patience.limit) -> Duration? {
    let start = ContinuousClock.now
    signal(number)
    guard ending.wait(within: limit) else {
      kill()
      return nil
    }
    return .now - start
  }
}

/// How a process ends: a thread of its own waits for it.
///
/// Foundation's `Process` waits for all of them on one run loop, which now and then, with hundreds of sockets open,
/// does not hear of an end.
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

  /// As `waitpid` tells it; nil while the process runs.
  var status: Int32? { found.withLock { $0 } }

  func wait() { ended.wait() }

  /// Whether it has ended by then.
  func wait(within limit: Duration) -> Bool {
    let (seconds, attoseconds) = limit.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    return ended.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
  }
}
