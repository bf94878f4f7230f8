import Hummingbird
import Operations

/// What is known about a call besides its request.
struct OperatorContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Who calls.
  var author = OperatorLog.Operator("", by: "web")

  init(source: Source) { coreContext = .init(source: source) }
}
