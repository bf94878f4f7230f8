import Crypto
import Keys
import Lanes
import Market
import Redis

/// Who was forgotten when, while the journals can still name them.
///
/// Only digests are kept. They tell the audit which notices are missing for good, and a rebuild which ones must not come
/// back.
struct ForgottenPeople {
  /// When each was forgotten, in milliseconds since 1970, by the digests of their ids.
  private let times: [String: UInt64]

  init(on connection: any RedisLink) throws(RedisError) {
    times = try connection.ask("HGETALL", Key.forgotten).pairs.compactMapValues { UInt64($0) }
  }

  /// Whether what happened at a position says nothing of the user any more.
  func includes(_ userid: String, at position: EntryID) -> Bool {
    if times.isEmpty { return false }
    return times[Self.digest(of: userid)].map { position.milliseconds <= $0 } ?? false
  }

  static func digest(of userid: String) -> String {
    SHA256.hash(data: Array("handover:\(userid)".utf8)).prefix(16)
      .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

extension RedisLink {
  /// Removes the digests of people whom no journal can name any more.
  package func forgetDigests() throws {
    let times = try ask("HGETALL", Key.forgotten).pairs
    if times.isEmpty { return }
    var oldest = UInt64.max
    for shard in (0..<(try shardCount())).map({ Shard($0) }) {
      let first = try ask("XRANGE", Key.journal(of: shard), "-", "+", "COUNT", "1")[0]?[0]?.string
      if let first = first.flatMap({ EntryID($0) }) { oldest = min(oldest, first.milliseconds) }
    }
    for (digest, time) in times where UInt64(time).map({ $0 < oldest }) ?? true {
      try call("HDEL", Key.forgotten, digest)
    }
  }

  /// Removes notices of forgotten people that a rebuild made again.
  package func forgetAgain() throws(RedisError) {
    let forgotten = try ForgottenPeople(on: self)
    try scanPages { (keys) throws(RedisError) in
      for key in keys {
        guard let userid = Key.userid(ofNotices: key), forgotten.includes(userid, at: .zero) else { continue }
        for name in try ask("HKEYS", key).compactMap(\.text) {
          let notice = NoticeID(own: name, of: userid)
          if let notice, forgotten.includes(userid, at: notice.position) { try call("HDEL", key, name) }
        }
      }
    }
  }
}
