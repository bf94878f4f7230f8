import Keys
import Market
import Redis

/// Checks that no counter of ids is lower than an id that a door has given: it would give that id again.
///
/// Ids that people have chosen do not count: doors step over them.
struct CounterCheck {
  /// The highest id that a door gave.
  private var highest: [Entity: Int] = [:]

  /// Takes the directory's entry of an id.
  mutating func take(_ id: Int, of entity: Entity, _ entry: DirectoryEntry) {
    if entry.isMade { highest[entity] = max(id, highest[entity, default: 0]) }
  }

  mutating func take(_ other: CounterCheck) { highest.merge(other.highest) { max($0, $1) } }

  /// Compares the counters, which grow before an id is used.
  func finish(on connection: any RedisLink, _ findings: inout Findings) throws(RedisError) {
    for entity in Entity.allCases {
      guard let given = highest[entity] else { continue }
      let last = try connection.ask("GET", Key.counter(entity))
      guard (last.isNull ? 0 : last.integer ?? 0) < given else { continue }
      findings.add(
        .directory, Key.counter(entity),
        "It is \(shown(last.text)), but the \(entity.rawValue) \(given) was made with an id from it.")
      findings.add(.counter(entity, atLeast: given))
    }
  }
}
