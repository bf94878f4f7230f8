import Keys
import Lanes
import Market
import Redis

/// The events of a shard's journal that were put aside and replayed, so that a worker observed them late.
struct ReplayedEvents {
  /// An event, and the entry among the commands that replayed it.
  struct Item {
    let entry: JournalEntry
    let observed: EntryID
  }

  /// The replayed events of each worker, in the order in which it observed them.
  private(set) var items: [DecidingWorker: [Item]] = [:]

  /// - Parameter deadLetters: a replay removes a dead letter, so if none is missing, there was no replay.
  init(
    _ shard: Shard, besides deadLetters: DeadEntries, on connection: any RedisLink,
    _ findings: inout Findings
  ) throws(RedisError) {
    guard deadLetters.areIncomplete else { return }
    for worker in DecidingWorker.allCases {
      let stream = Key.commands(worker, in: shard)
      var found: [Item] = []
      try connection.readPages(of: stream) { (page) throws(RedisError) in
        for entry in page {
          // An unreadable one has become a dead letter again.
          guard let replay = try? ReplayedEvent(fields: entry.fields()) else { continue }
          found.append(
            Item(entry: JournalEntry(event: replay.event, position: replay.position), observed: entry.id))
        }
      }
      items[worker] = found
      let journal = Key.journal(of: shard)
      try connection.askEach(found) {
        RESPWords("XRANGE", journal, "\($0.entry.position)", "\($0.entry.position)")
      } _: { (item, reply) throws(RedisError) in
        guard let said = try reply.get()[0].flatMap({ StreamEntry($0) }) else { return }
        let event = try? Event(fields: said.fields())
        // The replay can tell newer times.
        let isSame = event?.deal?.atRest == item.entry.event.deal?.atRest
        if event?.type != item.entry.event.type || !isSame {
          findings.add(
            .command, stream,
            "\(item.observed) replays \(item.entry.event.type) of \(item.entry.position), but \(journal) has something else there."
          )
        }
      }
      var seen: Set<EntryID> = []
      for item in found where !seen.insert(item.entry.position).inserted {
        findings.add(.command, stream, "\(item.observed) replays \(item.entry.position) again.")
      }
    }
  }
}
