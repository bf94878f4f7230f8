/// What a shard keeps of things that are in no state any more.
package struct Past: Equatable, Sendable {
  /// The ids that were given to something before.
  package var usedIDs: Set<Int> = []
  /// Listings of products that have been listed again, by their ids.
  package var listings: [Int: Listing] = [:]

  package init() {}
}
