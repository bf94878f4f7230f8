import Lanes
import Market

/// Where everything about the deal lies in Redis. Keys of a shard carry its hash tag, keys of a user the user's.
public enum Key {
  /// The most shards a system may have: bounds what every lane list and every fan-out read costs.
  public static let shardLimit = 1024

  /// How many shards the system was made with. It can never change under data.
  public static let shardCount = "handover:shards"

  /// Who makes read models anew at the moment.
  public static let rebuildLock = "handover:rebuild"

  // MARK: Logs of a shard

  /// Commands for a worker, already routed: `{3}:trade.commands`.
  public static func commands(_ worker: DecidingWorker, in shard: Shard) -> String {
    shard.key("\(worker.rawValue).commands")
  }

  /// The journal: every domain event of the shard.
  public static func journal(of shard: Shard) -> String { shard.key("events") }

  /// `StatusUpdated` for every change of a reservation, a trade or a stock.
  public static func status(of shard: Shard) -> String { shard.key("status") }

  /// Answers to the callers of one ingress.
  public static func replies(to ingress: String, in shard: Shard) -> String {
    shard.key("replies:\(ingress)")
  }

  /// Where `redis-cli` users write a worker's commands, without any tag.
  public static func inlet(_ worker: DecidingWorker) -> String { "\(worker.rawValue).commands" }

  // MARK: Aggregates of a shard

  public static func reservation(_ id: Int, in shard: Shard) -> String { shard.key("reserve:\(id)") }
  /// A listing as REST shows it.
  public static func trade(_ id: Int, in shard: Shard) -> String { shard.key("trade:\(id)") }
  /// Everything the trade worker decides a product's deals by.
  public static func product(_ productid: Int, in shard: Shard) -> String {
    shard.key("product:\(productid)")
  }
  public static func stock(_ productid: Int, in shard: Shard) -> String { shard.key("stock:\(productid)") }
  /// What came of a command, for a day; while it waits, that it does.
  public static func operation(_ commandid: String, in shard: Shard) -> String {
    shard.key("operation:\(commandid)")
  }
  /// There for good once something was made under the id, so that the id never means another thing.
  public static func trace(of entity: Entity, id: Int, in shard: Shard) -> String {
    switch entity {
    case .reserve: reservation(id, in: shard)
    case .trade: trade(id, in: shard)
    // A stock lies under its product, and is gone when it is withdrawn.
    case .inventory: shard.key("inventory:\(id)")
    }
  }
  /// All of a kind, a sorted set by id: reserve and trade ids; for inventories the product ids.
  public static func index(of entity: Entity, in shard: Shard) -> String {
    switch entity {
    case .reserve: shard.key("reserves")
    case .trade: shard.key("trades")
    case .inventory: shard.key("inventories")
    }
  }
  /// The ids of the shard's newest notices, a list with the newest first.
  public static func notices(of shard: Shard) -> String { shard.key("notices") }
  /// What my pages say of a thousand reservations, a hash: their ids and packed texts.
  public static func mypageRows(of reserveid: Int, in shard: Shard) -> String {
    shard.key("mypage:\(reserveid / 1000)")
  }
  /// Whose shard's my page rows a key holds; nil for any other key.
  public static func shard(ofMypageRows key: String) -> Shard? {
    let parts = key.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] == "mypage", Int(parts[2]) != nil,
      let index = Int(parts[0].dropFirst().dropLast()), index >= 0, parts[0] == Shard(index).tag
    else { return nil }
    return Shard(index)
  }
  /// Who sells a product, as the notification worker last heard.
  public static func seller(of productid: Int, in shard: Shard) -> String {
    shard.key("seller:\(productid)")
  }

  // MARK: The directory

  /// Gives the product that an id belongs to, and so its shard: a `DirectoryEntry`.
  public static func directory(_ entity: Entity, id: Int) -> String { "id:{\(entity.rawValue):\(id)}" }
  /// The last id that doors have taken.
  public static func counter(_ entity: Entity) -> String { "ids:{\(entity.rawValue)}" }
  /// The `run_id` of the Redis server that they were taken from.
  public static func counterServer(_ entity: Entity) -> String { "ids:{\(entity.rawValue)}:server" }
  /// The request that a client's idempotency key stands for, and the ids that were meant for what it makes.
  public static func request(_ key: String) -> String { "request:{\(tagged(key))}" }

  // MARK: Read models of a user

  /// A user's notices, a hash: the names of `NoticeID` and packed texts.
  public static func notices(of userid: String) -> String { "\(noticesPrefix)\(tagged(userid))}" }
  /// A user's my page, a sorted set of the names of its rows (`MypageRowID`) by the reservations' times.
  public static func mypage(of userid: String) -> String { "\(mypagePrefix)\(tagged(userid))}" }

  /// Whose notices a key holds; nil for any other key.
  public static func userid(ofNotices key: String) -> String? { untagged(key, from: noticesPrefix) }

  /// Whose my page a key holds; nil for any other key.
  public static func userid(ofMypage key: String) -> String? { untagged(key, from: mypagePrefix) }

  private static let noticesPrefix = "notices:{"
  private static let mypagePrefix = "mypage:{"

  /// Text from outside in the form that can stand in a hash tag: braces would end it early.
  private static func tagged(_ text: String) -> String {
    guard text.utf8.contains(where: { "{}%".utf8.contains($0) }) else { return text }
    var safe = ""
    for character in text.unicodeScalars {
      switch character {
      case "{": safe += "%7B"
      case "}": safe += "%7D"
      case "%": safe += "%25"
      default: safe.unicodeScalars.append(character)
      }
    }
    return safe
  }

  /// The text that `tagged` put between a key's prefix and its closing brace.
  ///
  /// By bytes: what begins with a combining mark would hide the brace before it.
  private static func untagged(_ key: String, from prefix: String) -> String? {
    guard key.utf8.starts(with: prefix.utf8), key.utf8.last == UInt8(ascii: "}") else { return nil }
    let text = key.utf8.dropFirst(prefix.utf8.count).dropLast()
    var plain: [UInt8] = []
    var rest = text
    while let byte = rest.first {
      let hidden =
        byte == UInt8(ascii: "%")
        ? UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16) : nil
      plain.append(hidden ?? byte)
      rest = rest.dropFirst(hidden == nil ? 1 : 3)
    }
    return String(decoding: plain, as: UTF8.self)
  }
}
