/// An event that workers that keep the laws cannot have emitted: something was lost, or was written by hand.
///
/// It changes nothing and goes to the dead letters.
public struct BrokenLaw: Error, Hashable {
  /// One English sentence: what was asked, and why it cannot be.
  public var message: String
}
