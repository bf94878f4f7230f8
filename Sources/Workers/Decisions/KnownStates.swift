/// The states that a lane loaded or decided last, so that it need not ask Redis for them again.
///
/// Nobody else writes them while the lane's fence holds; and a lane that loses its fence, or whose commit
/// fails, is dropped together with them. So a known state is what stands in Redis.
struct KnownStates<State> {
  /// How many are kept. When there are more all are forgotten: those in use are soon back.
  private let limit = 2048
  private var states: [Int: State] = [:]

  // Inlined, so that it is compiled for the states at hand: otherwise every copy asks for their layout.
  @inline(__always)
  subscript(id: Int) -> State? { states[id] }

  @inline(__always)
  mutating func remember(_ ids: [Int], _ new: [State]) {
    if states.count + ids.count > limit { states.removeAll(keepingCapacity: true) }
    for (id, state) in zip(ids, new) { states[id] = state }
  }
}
