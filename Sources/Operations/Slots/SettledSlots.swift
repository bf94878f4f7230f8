import Redis

/// Which slots each master of a cluster has, as it says itself, while none of them is moving.
///
/// `SCAN` is answered by each node for itself: while a slot moves, its keys come twice or not at all.
struct SettledSlots: Equatable {
  /// Why the keys of a cluster cannot be listed.
  struct Unsettled: Error, CustomStringConvertible {
    let description: String
  }

  /// The ranges by the masters' ids. Empty for one Redis.
  private var ranges: [String: [ClosedRange<Int>]] = [:]

  /// Throws `Unsettled` if a slot is moving.
  init(on connection: any RedisLink) throws {
    let masters = try connection.eachMaster { (node, connection) throws(RedisError) -> ClusterMember? in
      guard let node else { return nil }
      return try connection.members(of: node).first(where: \.isSelf)
    }
    for master in masters {
      guard let master else { continue }
      if let slot = (master.migrating.keys.map(\.number) + master.importing.keys.map(\.number)).min() {
        throw Unsettled(
          description: """
            Slot \(slot) is moving between nodes, so its keys would be seen twice or not at all. Let that end first; \
            if it was interrupted: handover cluster balance --apply, or redis-cli --cluster fix.
            """)
      }
      ranges[master.id] = master.slots
    }
  }

  /// Throws `Unsettled` if slots have moved since.
  func mustLast(on connection: any RedisLink) throws {
    guard try SettledSlots(on: connection) != self else { return }
    throw Unsettled(
      description:
        "Slots have got another node while the keys were read: run it again once the cluster is quiet.")
  }
}
