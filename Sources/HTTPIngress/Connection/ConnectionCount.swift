import Foundation
import Synchronization

/// Counts a server's open connections and limits them.
final class ConnectionCount: Sendable {
  enum Admission {
    case welcome
    /// Over the limit: the connection is answered with a 503.
    case full
    /// Far over the limit: the connection is closed without an answer.
    case crowded
  }

  /// How many connections over the limit can be answered at the same time.
  private static let spare = 32
  /// How many file descriptors the process needs besides its connections.
  private static let otherFiles = 64

  private let limit: Int
  private let open = Atomic(0)

  /// - Parameter limit: the most connections; lowered if the process can open fewer files than that.
  init(limit: Int) {
    var files = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0
    let most = isKnown ? Int(clamping: files.rlim_cur) - Self.otherFiles - Self.spare : limit
    self.limit = max(1, min(limit, most))
  }

  /// Counts one more connection. Balance each call with `leave`.
  func enter() -> Admission {
    let count = open.add(1, ordering: .relaxed).newValue
    if count <= limit { return .welcome }
    return count <= limit + Self.spare ? .full : .crowded
  }

  func leave() { open.subtract(1, ordering: .relaxed) }
}
