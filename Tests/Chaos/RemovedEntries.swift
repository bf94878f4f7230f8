import Keys
import Lanes
import Market
import Operations
import Redis
import Testbed

/// The entries of an inlet when it was emptied, which everybody can do who can write to it.
struct RemovedEntries: Sendable {
  let worker: DecidingWorker
  let requests: [Ledger.Request]

  static func take(from worker: DecidingWorker, of redis: TestServers) throws -> RemovedEntries {
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
      guard let entry = StreamEntry(entry) else { return nil }
      var request = Ledger.Request(entry, in: inlet)
      request.isRemoved = true
      request.isUnread = entry.id > read
      return request
    }
    return RemovedEntries(worker: worker, requests: requests)
  }
}
