import Keys
import Lanes
import Market

/// One collection: its contents and its path.
struct CollectionQuery: Sendable {
  enum Contents: Sendable {
    /// All items of one kind in all shards, by id.
    case aggregates(Entity, shards: Int)
    /// The rows of a user's my page, newest first.
    case mypage(of: String)
    /// The reservations of a user as a buyer and as a seller, newest first.
    case reserves(with: String)
    /// A user's notices, newest first.
    case notices(of: String)
    /// The newest notices of all shards, `Reads.newest` at most.
    case newestNotices(shards: Int)

    /// The keys that list its items.
    var keys: [String] {
      switch self {
      case .aggregates(let entity, let shards): (0..<shards).map { Key.index(of: entity, in: Shard($0)) }
      case .mypage(let userid), .reserves(let userid): [Key.mypage(of: userid)]
      case .notices(let userid): [Key.notices(of: userid)]
      case .newestNotices(let shards): (0..<shards).map { Key.notices(of: Shard($0)) }
      }
    }
  }

  let resource: Resource
  /// Percent-encoded.
  let path: String
  /// The part of the links' query that follows the page parameters.
  var query = ""
  let contents: Contents

  /// Whether the collection is ordered newest first, rather than by id.
  var newestFirst: Bool {
    if case .aggregates = contents { false } else { true }
  }

  /// Returns the order that no index has, so that all items have to be read for a page; nil if there is an index.
  func unindexed(_ sort: PageRequest.Sort?) -> PageRequest.Sort? {
    sort.flatMap { $0.field == "id" && !newestFirst ? nil : $0 }
  }

  /// Returns the most items that have to be read for a page: never more than for the largest first page.
  func weight(of page: PageRequest) -> Int {
    if unindexed(page.sort) != nil { return Reads.sortable }
    if case .newestNotices = contents { return min(page.range.upperBound, Reads.newest) }
    return page.size
  }

  static func all(_ entity: Entity, shards: Int) -> CollectionQuery {
    let resource = Resource.of(entity)
    return CollectionQuery(
      resource: resource, path: "/\(resource.collection)", contents: .aggregates(entity, shards: shards))
  }

  /// All notices, or those of one user.
  static func notices(for userid: String?, shards: Int) -> CollectionQuery {
    CollectionQuery(
      resource: .notice, path: "/notices", query: userid.map { "&userid=\(URLText.encode($0))" } ?? "",
      contents: userid.map { .notices(of: $0) } ?? .newestNotices(shards: shards))
  }

  /// The reservations that a user is a party of.
  static func reserves(with userid: String) -> CollectionQuery {
    CollectionQuery(resource: .reserve, path: "/reserves", contents: .reserves(with: userid))
  }

  static func mypage(of userid: String) -> CollectionQuery {
    CollectionQuery(
      resource: .mypage, path: "/mypages/\(URLText.encode(userid))", contents: .mypage(of: userid))
  }
}
