import Foundation
import Keys
import Operations
import Redis
import Synchronization

/// The audit that runs, or the last one. There is one at a time.
final class AuditJob: Sendable {
  struct State: Sendable {
    enum Phase: String, Sendable { case none, running, done, failed }

    var phase = Phase.none
    var began: Date?
    var ended: Date?
    var author = ""
    var progress: Auditor.Progress?
    var report: AuditReport?
    var error = ""
  }

  private let state = Mutex(State())
  private let store: Store

  init(_ store: Store) { self.store = store }

  var now: State { state.withLock { $0 } }

  /// Begins an audit. Throws if one is running.
  func begin(by author: OperatorLog.Operator, waiting patience: Duration) throws {
    let isFree = state.withLock { state in
      guard state.phase != .running else { return false }
      state = State(phase: .running, began: Date(), author: author.name)
      return true
    }
    guard isFree else {
      throw Failure(.conflict, "auditRuns", "An audit is running already: wait until it ends.")
    }
    Thread.detachNewThread { [self] in
      do {
        let connection = try store.deployment().connect()
        let log = OperatorLog(connection, as: author)
        try log.write(.audit, "")
        let report = try Auditor(connection).run(waiting: patience) { progress in
          state.withLock { $0.progress = progress }
        }
        state.withLock { state in
          (state.phase, state.ended, state.report) = (.done, Date(), report)
        }
        try log.write(.audit, "", result: "\(report.differenceCount) differences")
      } catch {
        state.withLock { state in
          // A report that could not be logged is still there.
          guard state.phase == .running else { return }
          (state.phase, state.ended, state.error) = (.failed, Date(), Failure(error).told(error))
        }
      }
    }
  }
}

extension Failure {
  /// What to say of an error that is no answer to a call.
  fileprivate func told(_ error: any Error) -> String { code == "internal" ? "\(error)" : detail }
}
