import Keys
import Lanes
import Market

/// Checks that no id was given to two items.
struct IDCheck {
  private var made: [Entity: [Int: EntryID]] = [:]

  mutating func take(_ entry: JournalEntry, in shard: Shard, _ findings: inout Findings) {
    guard let id = entry.event.newID else { return }
    let entity = entry.event.author.entity
    guard let first = made[entity]?[id] else {
      made[entity, default: [:]][id] = entry.position
      return
    }
    findings.add(
      .history, Key.trace(of: entity, id: id, in: shard),
      "\(entry.event.type) at \(entry.position) made the \(entity.rawValue) \(id), which was made at \(first)."
    )
  }
}
