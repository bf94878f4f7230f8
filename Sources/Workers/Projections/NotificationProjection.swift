import Lanes
import Layout
import Market
import Redis

/// Tells buyers and sellers of every change, and everybody else by `StatusUpdated`.
///
/// A notice's id is the event's position, so writing it twice makes one notice.
struct NotificationProjection: Projection {
  /// How many notices a user and a shard keep in their lists.
  private static let listLimit = 1000
  /// How long a notice is kept, in milliseconds: 90 days.
  private static let lifetime = 90 * 86_400_000
  /// How many entries the status stream keeps at least.
  private static let statusKept = 100_000

  private let shard: Shard
  /// Products whose seller the events themselves do not tell.
  private var asked: [Int] = []

  init(shard: Shard, digests: [Script: String]) { self.shard = shard }

  mutating func load(_ events: [JournalEvent], commands: inout Commands) {
    var seen: Set<Int> = []
    for item in events where item.event.status != nil && item.event.seller == nil {
      if seen.insert(item.event.productid).inserted { asked.append(item.event.productid) }
    }
    for productid in asked { commands.add(Words("GET", Key.seller(of: productid, in: shard))) }
  }

  mutating func project(
    _ events: [JournalEvent], loaded: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    var sellers: [Int: String] = [:]
    for (productid, reply) in zip(asked, loaded) { sellers[productid] = try reply.get().string }
    var lists: [String: [Notice]] = [:]
    var all: [Notice] = []
    for item in events {
      let event = item.event
      if case .listing(.tradeListed, let listing) = event.fact {
        sellers[listing.productid] = listing.userid
        commit.add { words in
          words.add("SET")
          words.add(Key.seller(of: listing.productid, in: shard))
          words.add(listing.userid)
        }
      }
      guard let status = event.status else { continue }
      let seller = event.seller ?? sellers[event.productid]
      announce(status, item, seller: seller, &commit)
      for notice in Notice.all(of: item, status: status, seller: seller, in: shard) {
        write(notice, &commands)
        lists[notice.userid, default: []].append(notice)
        all.append(notice)
      }
    }
    for (userid, notices) in lists { list(notices, at: Key.notices(for: userid), &commands) }
    guard !all.isEmpty else { return }
    commit.add { $0.add(Self.listing(all, at: Key.notices(of: shard))) }
    commit.add { $0.add(Self.trimming(Key.notices(of: shard))) }
  }

  private func write(_ notice: Notice, _ commands: inout Commands) {
    var words = Words("HSET", Key.notice(notice.id))
    for (name, value) in notice.fields {
      words.add(name)
      words.add(value)
    }
    commands.add(words)
    commands.add(Words("PEXPIRE", Key.notice(notice.id), "\(Self.lifetime)"))
  }

  private func list(_ notices: [Notice], at key: String, _ commands: inout Commands) {
    commands.add(Self.listing(notices, at: key))
    commands.add(Self.trimming(key))
  }

  private static func listing(_ notices: [Notice], at key: String) -> Words {
    var words = Words("ZADD", key)
    for notice in notices {
      words.add(Int(notice.position.milliseconds))
      words.add(notice.id)
    }
    return words
  }

  private static func trimming(_ key: String) -> Words {
    Words("ZREMRANGEBYRANK", key, "0", "\(-listLimit - 1)")
  }

  /// `StatusUpdated` on the shard's status stream, exactly once: it is part of the commit.
  private func announce(
    _ status: Status, _ item: JournalEvent, seller: String?, _ commit: inout Commit
  ) {
    let event = item.event
    commit.add { words in
      for word in ["XADD", Key.status(of: shard), "MAXLEN", "~", "\(Self.statusKept)", "*"] {
        words.add(word)
      }
      for (name, value) in [
        ("type", "StatusUpdated"), ("event", event.type), ("position", "\(item.position)"),
        ("status", status.rawValue), ("productid", "\(event.productid)"),
        ("reserveid", event.reserveid.map { "\($0)" }), ("tradeid", event.tradeid.map { "\($0)" }),
        ("userid", event.buyer), ("seller", seller),
      ] as [(String, String?)] {
        guard let value else { continue }
        words.add(name)
        words.add(value)
      }
    }
  }
}
