/// A worker that decides commands.
public enum Worker: String, CaseIterable, Sendable {
  case reservation, trade, stock

  /// The name of the stream that takes this worker's commands.
  public var commands: String { "\(rawValue).commands" }
}
