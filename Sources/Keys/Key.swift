import Lanes
import Market

/// The keys of everything about the deal in Redis. Keys of a shard have its hash tag, keys of a user the
/// user's.
public enum Key {
  /// The maximum number of shards. Bounds the cost of each list of lanes and each fan-out read.
  public static let shardLimit = 1024

  /// The number of shards that the system was created with. It can never change once data exists.
  public static let shardCount = "handover:shards"

  /// The format of the data: a hash of the number that is written (`writes`), the release that raised it (`by`), and
  /// `hold` while an operator keeps it from being raised by itself.
  public static let format = "handover:format"

  /// The lock of a running rebuild of read models, or of moves of slots.
  public static let rebuildLock = "handover:rebuild"

  /// When the data was last restored from a backup: a hash, see `Restored`. Absent if it never was.
  public static let epoch = "handover:epoch"

  /// The last backup: a hash of when it was finished (`at`), where it is (`to`), and when one was last found to be good
  /// (`checkedAt`).
  public static let lastBackup = "handover:backup"

  /// What each master used of its memory in the last hours: a hash by hour, see `MemoryHistory`.
  public static let memory = "handover:memory"

  /// Who was forgotten when: a hash of times by digests of their ids.
  public static let forgotten = "handover:forgotten"

  /// What operators did: a stream of about 10,000 entries.
  public static let operatorLog = "handover:operators"

  // MARK: Logs of a shard

  /// Commands for a worker, already routed: `{3}:trade.commands`.
  public static func commands(_ worker: DecidingWorker, in shard: Shard) -> String {
    shard.key("\(worker.rawValue).commands")
  }

  /// The journal: every domain event of the shard.
  public static func journal(of shard: Shard) -> String { shard.key("events") }

  /// `StatusUpdated` for every change of a reservation, a trade or a stock.
  public static func status(of shard: Shard) -> String { shard.key("status") }

  /// The clock of a shard: the timers of its states, a sorted set by the time when they are due.
  public static func timers(of shard: Shard) -> String { shard.key("timers") }

  /// The clock of what has ended: a sorted set of timers by the time of the end. Reservations and listings have one
  /// each, as each lane looks only at its own.
  public static func ended(_ entity: Entity, in shard: Shard) -> String {
    shard.key("ended:\(entity.rawValue)")
  }

  /// What has ended and left, one entry each, until it is exported.
  public static func archive(of shard: Shard) -> String { shard.key("archive") }

  /// The ids of a thousand things that have left, with the day on which each did, in UTC: none is ever given again.
  public static func archived(_ entity: Entity, id: Int, in shard: Shard) -> String {
    shard.key("archived:\(entity.rawValue):\(id / 1000)")
  }

  /// The answers to the callers of one ingress.
  public static func replies(to ingress: String, in shard: Shard) -> String {
    shard.key("replies:\(ingress)")
  }

  /// The stream to which `redis-cli` users write a worker's commands, without a hash tag.
  public static func inlet(_ worker: DecidingWorker) -> String { "\(worker.rawValue).commands" }

  // MARK: Aggregates of a shard

  public static func reservation(_ id: Int, in shard: Shard) -> String { shard.key("reserve:\(id)") }
  /// A listing as REST shows it.
  public static func trade(_ id: Int, in shard: Shard) -> String { shard.key("trade:\(id)") }
  /// The state by which the trade worker decides a product's deals.
  public static func product(_ productid: Int, in shard: Shard) -> String {
    shard.key("product:\(productid)")
  }
  public static func stock(_ productid: Int, in shard: Shard) -> String { shard.key("stock:\(productid)") }
  /// The state by which a worker decides.
  public static func state(_ id: Int, of worker: DecidingWorker, in shard: Shard) -> String {
    switch worker {
    case .reservation: reservation(id, in: shard)
    case .trade: product(id, in: shard)
    case .stock: stock(id, in: shard)
    }
  }
  /// The outcome of a command, for a day; while the command waits, a record of that.
  public static func operation(_ commandid: String, in shard: Shard) -> String {
    shard.key("operation:\(commandid)")
  }
  /// A key that exists from when something was created under the id until it is archived, so that the id never means
  /// anything else.
  public static func trace(of entity: Entity, id: Int, in shard: Shard) -> String {
    switch entity {
    case .reserve: reservation(id, in: shard)
    case .trade: trade(id, in: shard)
    // A stock is stored under its product, and deleted when it is withdrawn.
    case .inventory: shard.key("inventory:\(id)")
    }
  }
  /// All entities of a kind, a sorted set scored by id: reserve and trade ids; for inventories, product ids.
  public static func index(of entity: Entity, in shard: Shard) -> String {
    switch entity {
    case .reserve: shard.key("reserves")
    case .trade: shard.key("trades")
    case .inventory: shard.key("inventories")
    }
  }
  /// The ids of the shard's newest notices, a list, newest first.
  public static func notices(of shard: Shard) -> String { shard.key("notices") }
  /// The my page rows of a thousand reservations, a hash of packed texts by reservation id.
  public static func mypageRows(of reserveid: Int, in shard: Shard) -> String {
    shard.key("mypage:\(reserveid / 1000)")
  }
  /// Returns the shard whose my page rows a key holds; nil for any other key.
  public static func shard(ofMypageRows key: String) -> Shard? {
    let parts = key.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] == "mypage", Int(parts[2]) != nil,
      let index = Int(parts[0].dropFirst().dropLast()), index >= 0, parts[0] == Shard(index).tag
    else { return nil }
    return Shard(index)
  }
  /// The seller of a product, as last seen by the notification worker: a packed `SellerOfProduct`.
  public static func seller(of productid: Int, in shard: Shard) -> String {
    shard.key("seller:\(productid)")
  }

  // MARK: The directory

  /// The product that an id belongs to, and so its shard: a `DirectoryEntry`.
  public static func directory(_ entity: Entity, id: Int) -> String { "id:{\(entity.rawValue):\(id)}" }
  /// The products of a hundred things that have left for the archive, by their ids: as many as Redis still keeps
  /// in one piece, (`hash-max-listpack-entries`).
  public static func directory(archived kind: Entity, id: Int) -> String {
    "directory:{\(kind.rawValue):\(id / 100)}"
  }
  /// The last id taken by a door.
  public static func counter(_ entity: Entity) -> String { "ids:{\(entity.rawValue)}" }
  /// The `run_id` of the Redis server from which the ids were taken.
  public static func counterServer(_ entity: Entity) -> String { "ids:{\(entity.rawValue)}:server" }
  /// The request that a client's idempotency key stands for, and the ids reserved for what it creates.
  public static func request(_ key: String) -> String { "request:{\(tagged(key))}" }

  // MARK: Read models of a user

  /// A user's notices, a hash of packed texts by `NoticeID.own`.
  public static func notices(of userid: String) -> String { "\(noticesPrefix)\(tagged(userid))}" }
  /// A user's my page, a sorted set of its rows' names (`MypageRowID`), scored by the reservations' times.
  public static func mypage(of userid: String) -> String { "\(mypagePrefix)\(tagged(userid))}" }

  /// Returns the user whose notices a key holds; nil for any other key.
  public static func userid(ofNotices key: String) -> String? { untagged(key, from: noticesPrefix) }

  /// Returns the user whose my page a key holds; nil for any other key.
  public static func userid(ofMypage key: String) -> String? { untagged(key, from: mypagePrefix) }

  private static let noticesPrefix = "notices:{"
  private static let mypagePrefix = "mypage:{"

  /// Escapes text for use in a hash tag, which a brace would end early.
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

  /// Returns the original of the text that `tagged` put between a key's prefix and its closing brace.
  ///
  /// Compares bytes: text that starts with a combining mark would merge with the brace before it.
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
