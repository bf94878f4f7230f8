/// What a worker decides by: one of its commands with the caller, an event of the journal, or that time has passed.
public enum Input<Command: DecidedCommand>: Hashable, Sendable {
  case command(Command, Caller?)
  case event(Event)
  /// A timer of the state has come due.
  case time(Timer)
  /// An operator asks to forget a person. No door lets such an entry in.
  case forget(ForgetUser, Caller?)
}
