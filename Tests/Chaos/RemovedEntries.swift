import Keys
import Lanes
import Market
import Redis
import Testbed

/// The entries of an inlet when it was emptied, which everybody can do who can write to it.
struct RemovedEntries: Sendable {
  let worker: DecidingWorker
  let requests: [Ledger.Request]

  static func take(from worker: DecidingWorker, of redis: TestRedis) throws -> RemovedEntries {
    let inlet = Key.inlet(worker)
    let cursor = LaneName(worker: worker.rawValue, tag: "{\(inlet)}").cursor
    let reply = try redis.connect().call(
      "EVAL",
      """
      local entries=redis.call('XRANGE',KEYS[1],'-','+')
      redis.call('XADD',KEYS[1],'MAXLEN','0','*','remark','emptied')
      return {redis.call('HGET',KEYS[2],KEYS[1]) or '',entries}
      """, "2", inlet, cursor)
    let read = EntryID((reply[0]?.string ?? "").prefix { $0 != " " }) ?? .zero
    let requests = (reply[1] ?? .null).compactMap { entry -> Ledger.Request? in
      guard let position = entry[0]?.string.flatMap({ EntryID($0) }) else { return nil }
      var request = Ledger.Request(position, Fields(shown: entry[1] ?? .null), in: inlet)
      request.isRemoved = true
      request.isUnread = position > read
      return request
    }
    return RemovedEntries(worker: worker, requests: requests)
  }
}

extension Fields {
  /// Reads alternating names and values, with replacement characters for invalid UTF-8.
  init(shown body: Reply) {
    self.init()
    var name: String?
    for part in body {
      let text = part.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
      if let known = name { append(known, text) }
      name = name == nil ? text : nil
    }
  }
}
