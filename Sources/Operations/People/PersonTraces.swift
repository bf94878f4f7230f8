import Keys
import Lanes
import Market
import Redis

/// Finds what is stored of a person, by looking at everything: only my page is listed by people.
package struct PersonTraces {
  /// Something that names the person.
  package struct Trace: Sendable {
    package let entity: Entity
    package let key: String
    package let shard: Shard
    package let id: Int
    package let productid: Int
    package let fields: Fields
  }

  let connection: any RedisLink
  let userid: String

  package init(of userid: String, on connection: any RedisLink) {
    self.userid = userid
    self.connection = connection
  }

  /// Whether a text is the person's id. Compares bytes, as Redis does.
  func isMeant(_ text: String?) -> Bool { text.map { $0.utf8.elementsEqual(userid.utf8) } ?? false }

  /// Passes the reservations, trades and stocks that name the person to `body`, each once, in no order.
  package func each(_ body: (Trace) throws -> Void) throws {
    var seen: Set<String> = []
    var failure: (any Error)?
    try connection.scanPages { (page) throws(RedisError) in
      if failure != nil { return }
      var asked: [(key: String, entity: Entity, shard: Shard)] = []
      for key in page where !seen.contains(key) {
        let name = Keyspace.Name(key)
        guard let shard = name.shard, name.id != nil, let entity = Self.entities[name.kind] else { continue }
        asked.append((key, entity, Shard(shard)))
      }
      var hits: [(key: String, entity: Entity, shard: Shard)] = []
      try connection.askEach(asked) {
        RESPWords("HMGET", $0.key, "userid", "seller")
      } _: { (item, reply) throws(RedisError) in
        if try reply.get().contains(where: { isMeant($0.string) }) { hits.append(item) }
      }
      try connection.askEach(hits) {
        RESPWords("HGETALL", $0.key)
      } _: { (item, reply) throws(RedisError) in
        let fields = Fields(shown: try reply.get())
        guard failure == nil, seen.insert(item.key).inserted else { return }
        let productid = fields["productid"].flatMap { Int($0) } ?? Keyspace.Name(item.key).id ?? 0
        let trace = Trace(
          entity: item.entity, key: item.key, shard: item.shard,
          id: fields["id"].flatMap { Int($0) } ?? productid, productid: productid, fields: fields)
        if case .failure(let error) = Result(catching: { try body(trace) }) { failure = error }
      }
    }
    if let failure { throw failure }
  }

  private static let entities: [String: Entity] = ["reserve": .reserve, "trade": .trade, "stock": .inventory]
}
