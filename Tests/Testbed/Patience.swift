import Foundation

/// How long tests wait: the one place that says so.
///
/// Generous, since a busy machine is no defect, and nothing that works waits to the end. A test of what is not to
/// take long makes the other way take longer than `limit`, or compares with `prompt`.
package enum Patience {
  /// For what has to happen.
  package static let limit = Duration.seconds(90)
  /// For what happens at once: ten times and more what it takes on an idle machine.
  package static let prompt = Duration.seconds(8)

  /// The end of `limit` from now on, for Dispatch.
  package static var deadline: DispatchTime { .now() + .seconds(Int(limit.components.seconds)) }
}
