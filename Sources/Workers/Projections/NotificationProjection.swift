import Keys
import Lanes
import Market
import Redis

/// Notifies buyers and sellers of every change, and everybody else by `StatusUpdated`.
///
/// A notice's name derives from the event's position, so writing it twice is idempotent. A replay only writes
/// users' notices and announces nothing.
struct NotificationProjection: Projection {
  /// How many notices a shard keeps in its list; for a while, some more.
  private static let listLimit = 1000
  /// The least number of entries that the status stream keeps.
  private static let statusKept = 100_000

  private enum Step { case writing, looking, removing }

  private let lane: ProjectionLane
  private let isReplay: Bool
  /// Products whose seller is known neither from the events nor from the lane.
  private var asked: [Int] = []
  /// The users whose notices are checked, and the index of their first reply.
  private var users: [(userid: String, place: Int)] = []
  /// The time of the batch, in milliseconds.
  private var now: UInt64 = 0
  private var step = Step.writing

  init(in lane: ProjectionLane, isReplay: Bool) {
    self.lane = lane
    self.isReplay = isReplay
  }

  private var shard: Shard { lane.shard }

  /// Whether notices are stored with their text, for releases that do not make it themselves. A replay does not know
  /// whether there are any.
  private var keepsText: Bool { isReplay || lane.format.current < 2 }

  static func writes(in shard: Shard) -> [LaneWrite] {
    [
      LaneWrite("XADD", Key.status(of: shard), "*", "x", "x", to: .stream),
      LaneWrite("XTRIM", Key.status(of: shard), "MAXLEN", "0", to: .stream),
      LaneWrite("LPUSH", Key.notices(of: shard), "x", to: .list),
      LaneWrite("LTRIM", Key.notices(of: shard), "0", "1", to: .list),
      LaneWrite(like: "SET", Key.seller(of: 0, in: shard), "x"),
      LaneWrite(like: "DEL", Key.seller(of: 0, in: shard)),
    ]
  }

  mutating func load(_ events: [JournalEvent], commands: inout Commands) {
    // The present seller of a product can differ from the one at the time of the event.
    if isReplay { return }
    var seen: Set<Int> = []
    for item in events where item.event.seller == nil && item.event.audience.contains(.seller) {
      let productid = item.event.productid
      if lane.sellers[productid] == nil, seen.insert(productid).inserted { asked.append(productid) }
    }
    guard !asked.isEmpty else { return }
    var words = RESPWords("MGET")
    for productid in asked { words.add(Key.seller(of: productid, in: shard)) }
    commands.add(words)
  }

  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    var sellers: [Int: SellerOfProduct?] = [:]
    if let found = try loaded.first?.get() {
      for (productid, seller) in zip(asked, found) {
        sellers[productid] = .some(seller.string.map { SellerOfProduct(packed: $0) })
      }
    }
    var notices: [Notice] = []
    for item in events {
      let event = item.event
      if case .listing(let step, let listing) = event.fact, step.tellsSeller, !listing.isFormer {
        let seller = step == .tradeArchived ? nil : SellerOfProduct(listing)
        sellers[listing.productid] = .some(seller)
        let key = Key.seller(of: listing.productid, in: shard)
        if !isReplay {
          commit.add { if let seller { $0.add("SET", key, seller.packed) } else { $0.add("DEL", key) } }
        }
      }
      let audience = event.audience
      if audience.isEmpty { continue }
      let known = sellers[event.productid] ?? known(event.productid)
      let seller = event.seller.map { SellerOfProduct($0) } ?? known
      if !isReplay { announce(item, to: audience, seller: seller?.userid, &commit) }
      notices += Notice.all(of: item, to: audience, seller: seller, in: shard, withText: keepsText)
    }
    lane.sellers.remember(Array(sellers.keys), Array(sellers.values))
    guard let last = notices.last else { return }
    now = last.id.position.milliseconds
    if !isReplay { list(notices, &commit) }
    write(notices, &commands)
  }

  /// Returns the seller of a product, if the lane knows it from earlier batches.
  private func known(_ productid: Int) -> SellerOfProduct? {
    isReplay ? nil : lane.sellers[productid] ?? nil
  }

  /// Removes old notices of the users for whom that is due.
  mutating func finish(_ written: [Reply], commands: inout Commands) throws(RedisError) {
    for reply in written { try reply.get() }
    switch step {
    case .writing:
      users.removeAll { user in
        let (count, timeToLive) = (written[user.place + 1].integer ?? 0, written[user.place + 2].integer ?? 0)
        return !NoticeKeeping.isDue(count: count, timeToLive: timeToLive)
      }
      for user in users { commands.add("HKEYS", Key.notices(of: user.userid)) }
      step = .looking
    case .looking:
      for ((userid, _), reply) in zip(users, written) {
        let names = reply.compactMap(\.string)
        let surplus = NoticeKeeping.surplus(of: names, now: now)
        if !surplus.isEmpty {
          var words = RESPWords("HDEL", Key.notices(of: userid))
          for name in surplus { words.add(name) }
          commands.add(words)
        }
        commands.add("PEXPIRE", Key.notices(of: userid), "\(NoticeKeeping.expiry)")
      }
      step = .removing
    case .removing: break
    }
  }

  /// Writes each user's notices, and occasionally asks whether old ones have to be removed.
  ///
  /// Uses one plain command, which costs Redis a third of what a script does.
  private mutating func write(_ notices: [Notice], _ commands: inout Commands) {
    var byUser = ByUser<[Notice]>()
    for notice in notices { byUser[notice.id.userid, default: []].append(notice) }
    for (userid, notices) in byUser.all {
      let key = Key.notices(of: userid)
      var words = RESPWords("HSET", key)
      for notice in notices {
        words.add(notice.id.own)
        words.add(notice.fields.packed)
      }
      commands.add(words)
      guard lane.looks.isDue(userid, writing: notices.count, at: now) else { continue }
      users.append((userid, commands.count))
      // Nothing of a new user is old: with this, nothing more has to be done.
      commands.add("PEXPIRE", key, "\(NoticeKeeping.expiry)", "NX")
      commands.add("HLEN", key)
      commands.add("PTTL", key)
    }
  }

  /// Adds the notices to the shard's list. After some more, trims the list and the status stream.
  private func list(_ notices: [Notice], _ commit: inout Commit) {
    commit.add { words in
      words.add("LPUSH", Key.notices(of: shard))
      for notice in notices.suffix(Self.listLimit) { words.add(notice.id.description) }
    }
    lane.untrimmed += notices.count
    guard lane.untrimmed >= NoticeKeeping.slack else { return }
    lane.untrimmed = 0
    commit.add { $0.add("LTRIM", Key.notices(of: shard), "0", "\(Self.listLimit - 1)") }
    commit.add { $0.add("XTRIM", Key.status(of: shard), "MAXLEN", "~", "\(Self.statusKept)") }
  }

  /// Appends `StatusUpdated` to the shard's status stream, as part of the commit, so exactly once.
  ///
  /// Whoever follows the stream tells the users named in an entry: those of the audience.
  private func announce(
    _ item: JournalEvent, to audience: Set<DealRole>, seller: String?, _ commit: inout Commit
  ) {
    let event = item.event
    commit.add { words in
      words.add("XADD", Key.status(of: shard), "*", "type", "StatusUpdated", "event", event.type, "position")
      words.add(item.position.description)
      words.add("status", event.status?.rawValue)
      words.add("productid", event.productid)
      words.add("reserveid", event.reserveid)
      words.add("tradeid", event.tradeid)
      if audience.contains(.buyer) { words.add("userid", event.buyer) }
      if audience.contains(.seller) { words.add("seller", seller) }
    }
  }
}

extension ListingStep {
  /// Whether the seller of the product, or what it is called, is another one from now on. An older release does not
  /// mark what it says of a former listing.
  package var tellsSeller: Bool {
    switch self {
    case .tradeListed, .tradeChanged, .tradeForgotten, .tradeArchived: true
    case .tradeWithdrawn, .tradeDeleted, .listingReminded: false
    }
  }
}
