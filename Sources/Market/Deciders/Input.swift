/// What a worker decides: one of its commands with the caller, or an event of the journal.
public enum Input<Command: DecidedCommand>: Hashable, Sendable {
  case command(Command, Caller?)
  case event(Event)
}
