/// A cache of the states that a lane loaded or decided.
///
/// Nobody else writes them while the lane's fence holds, and a lane that loses its fence, or whose commit
/// fails, is dropped together with them. So a cached state equals the one in Redis.
struct KnownStates<State> {
  /// The most states to keep. Beyond that, all are forgotten: those in use are soon loaded again.
  private let limit = 2048
  private var states: [Int: State] = [:]

  // Inlined, so that it is specialized for the state's type: otherwise every copy looks up the type's layout.
  @inline(__always)
  subscript(id: Int) -> State? { states[id] }

  /// Forgets what no longer exists.
  mutating func forget(_ ids: some Sequence<Int>) { for id in ids { states[id] = nil } }

  @inline(__always)
  mutating func remember(_ ids: [Int], _ new: [State]) {
    if states.count + ids.count > limit { states.removeAll(keepingCapacity: true) }
    for (id, state) in zip(ids, new) { states[id] = state }
  }
}
