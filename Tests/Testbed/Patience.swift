import Foundation

/// How long tests wait: the only place for timeouts.
///
/// Generous, because a busy machine is not a defect, and a passing test never waits to the end. A test that
/// something is fast makes the alternative take longer than `limit`, or compares with `prompt`.
package enum Patience {
  /// For things that have to happen.
  package static let limit = Duration.seconds(90)
  /// For things that happen at once: at least ten times what they take on an idle machine.
  package static let prompt = Duration.seconds(8)

  /// `limit` from now, for Dispatch.
  package static var deadline: DispatchTime { .now() + .seconds(Int(limit.components.seconds)) }
}
