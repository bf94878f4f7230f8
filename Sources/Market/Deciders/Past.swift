/// What a shard keeps of things that are in no state any more.
public struct Past: Equatable, Sendable {
  /// The ids that were given to something before.
  public var usedIDs: Set<Int> = []
  /// Listings of products that have been listed again, by their ids.
  public var listings: [Int: Listing] = [:]

  public init() {}
}
