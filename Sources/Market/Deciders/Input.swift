/// What a worker decides: a command with its caller, or an event of the journal.
public enum Input: Hashable, Sendable {
  case command(Command, Caller?)
  case event(Event)
}
