/// An event that cannot have been said by workers that keep the laws: something was lost or made by hand.
///
/// It changes nothing, and is put aside for people to look at.
public struct BrokenLaw: Error, Hashable {
  /// One English sentence: what was asked, and why it cannot be.
  public var message: String
}
