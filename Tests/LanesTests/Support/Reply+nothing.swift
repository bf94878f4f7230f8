@testable import Redis

extension Reply {
  /// An empty array, for entries whose fields do not matter.
  static let nothing = Reply(
    tape: Tape(nodes: [Node(kind: .array, value: 0, count: 0, end: 1)], bytes: []), index: 0)
}
