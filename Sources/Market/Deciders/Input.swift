/// What a worker is given to decide: a command with who waits for its outcome, or an event of the journal.
public enum Input: Hashable, Sendable {
  case command(Command, Caller?)
  case event(Event)
}
