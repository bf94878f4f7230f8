import Keys
import Lanes
import Market
import Redis

/// Reads who waits for a product, in order, out of all that the trade worker knows of it.
///
/// Thousands of deals can run beside them in the same hash, so it is searched inside of Redis rather than read.
struct ProductLine {
  struct Place: Sendable {
    let reserveid: Int
    let userid: String
    fileprivate let arrived: EntryID
  }

  private let key: String
  private var cursor = "0"
  private var found: [Int: Place] = [:]
  /// Whether all of the hash was searched.
  private(set) var isComplete = false

  init(of productid: Int, in shard: Shard) { key = Key.product(productid, in: shard) }

  /// Those who wait, first come first.
  var places: [Place] { found.values.sorted { $0.arrived < $1.arrived } }

  /// Adds the question for the next part of the search, which is nearly always the only one.
  func ask(_ commands: inout Commands) {
    commands.add("HSCAN", key, cursor, "MATCH", "\(ProductTrade.linePrefix)*", "COUNT", "1000")
  }

  mutating func receive(_ reply: Reply?) throws {
    guard let part = try reply?.get(), let next = part[0]?.string, let deals = part[1] else {
      throw RedisError(.unexpectedReply, "Redis did not return a part of a hash.")
    }
    (cursor, isComplete) = (next, next == "0")
    for (name, packed) in try Fields(reading: deals) {
      guard let reserveid = Int(name.dropFirst(ProductTrade.linePrefix.count)),
        let deal = Fields(packed: packed), let arrived = deal["arrived"].flatMap({ EntryID($0) })
      else { continue }
      found[reserveid] = Place(reserveid: reserveid, userid: deal["userid"] ?? "", arrived: arrived)
    }
  }
}
