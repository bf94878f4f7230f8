import Foundation
import Synchronization

/// How many connections a server has open, and how many it may have.
final class ConnectionCount: Sendable {
  enum Admission {
    case welcome
    /// One too many: it is told so.
    case full
    /// So many too many that not even that is done.
    case crowded
  }

  /// How many connections over the limit are answered at once.
  private static let spare = 32
  /// How many files a process needs besides its connections.
  private static let otherFiles = 64

  private let limit: Int
  private let open = Atomic(0)

  /// - Parameter limit: the most connections; fewer where the process may not open as many files.
  init(limit: Int) {
    var files = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0
    let most = isKnown ? Int(clamping: files.rlim_cur) - Self.otherFiles - Self.spare : limit
    self.limit = max(1, min(limit, most))
  }

  /// Counts one more connection; `leave` takes it off again.
  func enter() -> Admission {
    let count = open.add(1, ordering: .relaxed).newValue
    if count <= limit { return .welcome }
    return count <= limit + Self.spare ? .full : .crowded
  }

  func leave() { open.subtract(1, ordering: .relaxed) }
}
