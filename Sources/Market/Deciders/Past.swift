/// What a shard stores of things that are no longer part of a state.
public struct Past: Equatable, Sendable {
  /// The ids that are used.
  public var usedIDs: Set<Int> = []
  /// Listings of products that have been listed again, by their ids.
  public var listings: [Int: Listing] = [:]

  public init() {}
}
