import Lanes
import Market
import Redis

@testable import Doors

/// Takes requests through a door.
func pass(
  _ requests: [CommandRequest], _ connection: RedisConnection, blocks: IDBlocks = IDBlocks(size: 1),
  isFull: @escaping @Sendable (Shard) -> Bool = { _ in false }
) throws -> [Admission] {
  var door = Door(requests, shards: 8, blocks: blocks, isFull: isFull)
  return try door.run(on: connection)
}

/// A listing of a product; without an id the door makes one.
func list(
  _ id: Int?, product: Int, command: String, reserved: Int? = nil, isFollowed: Bool = false
) throws -> CommandRequest {
  var fields: Fields = [
    "type": "ListTrade", "productid": "\(product)", "userid": "abc", "productname": "책", "qty": "1",
    "price": "1",
  ]
  if let id { fields.append("id", "\(id)") }
  return CommandRequest(
    draft: try Draft(fields: fields, worker: .trade), commandid: command, reserved: reserved,
    isFollowed: isFollowed)
}
