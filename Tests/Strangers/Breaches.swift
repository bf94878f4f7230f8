import Synchronization

/// What was seen that must not be, and how often each answer and event came.
final class Breaches: Sendable {
  private static let shown = 20

  private let found = Mutex<(count: Int, first: [String])>((0, []))
  private let counts = Mutex<[String: Int]>([:])

  var areNone: Bool { found.withLock { $0.count == 0 } }

  func note(_ breach: String) {
    found.withLock { found in
      found.count += 1
      if found.first.count < Self.shown { found.first.append(breach) }
    }
  }

  func count(_ what: String) { counts.withLock { $0[what, default: 0] += 1 } }

  var summary: String {
    let counted = counts.withLock { $0 }.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
    let (count, first) = found.withLock { $0 }
    let verdict = count == 0 ? "No breach." : "\(count) breaches:"
    return (counted + [verdict] + first).joined(separator: "\n")
  }
}
