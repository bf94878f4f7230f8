/// The rules of one worker: pure functions of an input, its position and the state.
public protocol Decider: Sendable {
  associatedtype State: Stored

  /// The wire names of the events it has to be given.
  static var listensTo: Set<String> { get }

  /// Whether a state is what became of one id, and not of a product with any number of ids.
  static var isStateOfOneID: Bool { get }

  /// The listing that a state ends with; nil where the rules know of none.
  static func listing(in state: State) -> Listing?

  /// What follows from an input; what it says has already been applied to `state`.
  ///
  /// An event is first evolved into the state, then reacted to. Throws with the state as it was.
  static func decide(
    _ input: Input, at position: EntryID, _ state: inout State
  ) throws(BrokenLaw) -> [Event]

  /// Applies an event, heard or said: all of a state's changes are made here, so events rebuild it.
  static func evolve(_ state: inout State, _ event: Event, at position: EntryID)

  /// What the caller of the command that `event` finishes is told, given the state after it.
  static func outcome(of event: Event, state: State) -> Outcome
}

extension Decider {
  public static func listing(in state: State) -> Listing? { nil }
}
