import Keys
import Lanes
import Market
import Redis

extension Door {
  /// Returns why a door would refuse a request as things stand; nil if it would admit it. Only reads.
  package static func foresee(
    _ request: CommandRequest, shards: Int, on connection: any RedisLink
  ) throws(RedisError) -> FieldError? {
    let (kind, draft) = (request.draft.kind, request.draft)
    // Without an id, the door chooses one that nobody has.
    guard let id = draft.id else { return nil }
    let known = try connection.call("GET", Key.directory(kind.entity, id: id)).string
    guard let owner = known.flatMap({ DirectoryEntry($0) }) else {
      return kind.creates ? nil : Admission.unknown(kind.entity, id: id).error
    }
    let conflict = Admission.conflict(kind.entity, id: id, productid: owner.productid).error
    if let productid = draft.productid, productid != owner.productid { return conflict }
    guard kind.creates, let other = owner.commandid, other != request.commandid else { return nil }
    // Another command claimed the id for the same product. If it created nothing, the id is still free.
    let shard = Shard.of(productid: owner.productid, among: shards)
    let isKnown = try !connection.call("GET", Key.operation(request.commandid, in: shard)).isNull
    let isUsed = try connection.call("EXISTS", Key.trace(of: kind.entity, id: id, in: shard)).integer == 1
    return isUsed && !isKnown ? conflict : nil
  }
}
