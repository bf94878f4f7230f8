import Lanes
import Layout
import Market

/// One collection: where its items stand, and how it is called.
struct Listing: Sendable {
  /// A sorted set, and the hash that each of its members stands for.
  struct Source: Sendable {
    let index: String
    let row: @Sendable (String) -> String
  }

  let shape: Shape
  /// Percent-encoded.
  let path: String
  /// What the links' queries carry besides the page.
  var query = ""
  var newestFirst = false
  let sources: [Source]

  static func all(_ entity: Entity, shards: Int) -> Listing {
    let sources = (0..<shards).map(Shard.init).map { shard in
      Source(index: Key.index(of: entity, in: shard)) { member in
        let id = Int(member) ?? 0
        return switch entity {
        case .reserve: Key.reservation(id, in: shard)
        case .trade: Key.trade(id, in: shard)
        case .inventory: Key.stock(id, in: shard)
        }
      }
    }
    let shape = Shape.of(entity)
    return Listing(shape: shape, path: "/\(shape.collection)", sources: sources)
  }

  /// All notices, or those of one user.
  static func notices(for userid: String?, shards: Int) -> Listing {
    let indexes =
      userid.map { [Key.notices(for: $0)] } ?? (0..<shards).map { Key.notices(of: Shard($0)) }
    return Listing(
      shape: .notice, path: "/notices", query: userid.map { "&userid=\(URLText.encode($0))" } ?? "",
      newestFirst: true, sources: indexes.map { Source(index: $0) { Key.notice($0) } })
  }

  static func mypage(of userid: String) -> Listing {
    Listing(
      shape: .mypage, path: "/mypages/\(URLText.encode(userid))", newestFirst: true,
      sources: [Source(index: Key.mypage(of: userid)) { Key.mypage(of: userid, row: $0) }])
  }
}
