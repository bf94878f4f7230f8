/// A node as one of the nodes of a cluster lists it (`CLUSTER NODES`). Only this list has ids, masters without
/// slots, and slots that are moving.
public struct ClusterMember: Equatable, Sendable {
  public let id: String
  /// Where the other nodes reach it; nil if the one that answered does not know.
  public let address: RedisNode?
  /// Where clients reach it: its announced name if it has one, else its address.
  public let name: RedisNode?
  /// Whether it is the node that answered.
  public let isSelf: Bool
  public let isMaster: Bool
  /// Whether the node that answered cannot reach it.
  public let isAway: Bool
  /// The higher one counts if two nodes claim a slot.
  public let epoch: Int
  /// The ranges of its slots.
  public let slots: [ClosedRange<Int>]
  /// Slots that are moving away, each with the id of the node they move to. Known only of the node itself.
  public let migrating: [HashSlot: String]
  /// Slots that are moving in, each with the id of the node they come from. Known only of the node itself.
  public let importing: [HashSlot: String]

  /// Reads one line: `<id> <ip>:<port>@<bus port>[,<hostname>…] <flags> <master> <ping> <pong> <epoch> <link>`, and
  /// then its slots, as in `0-5460`, `7`, `[8->-<id>]` or `[9-<-<id>]`.
  ///
  /// - Parameter sender: The node that answered.
  init?(_ line: Substring, from sender: RedisNode) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count >= 8, !words[0].isEmpty, let epoch = Int(words[6]) else { return nil }
    let names = words[1].split(separator: ",", omittingEmptySubsequences: false)
    let flags = words[2].split(separator: ",")
    id = String(words[0])
    address = RedisNode(announced: names[0].prefix { $0 != "@" }, by: sender)
    let hostname = names.count > 1 && !names[1].isEmpty ? String(names[1]) : nil
    name = address.map { address in
      hostname.flatMap { RedisNode(host: $0, port: Int(address.port)) } ?? address
    }
    isSelf = flags.contains("myself")
    isMaster = flags.contains("master")
    isAway = flags.contains { ["fail", "fail?", "handshake", "noaddr"].contains($0) }
    self.epoch = epoch
    var (slots, migrating, importing) = ([ClosedRange<Int>](), [HashSlot: String](), [HashSlot: String]())
    for word in words[8...] where !word.isEmpty {
      if word.hasPrefix("[") {
        let parts = word.dropFirst().dropLast().split(separator: "-", maxSplits: 2)
        guard parts.count == 3, let slot = Int(parts[0]).flatMap(HashSlot.init(number:)) else { return nil }
        switch parts[1] {
        case ">": migrating[slot] = String(parts[2])
        case "<": importing[slot] = String(parts[2])
        default: return nil
        }
      } else {
        let ends = word.split(separator: "-").map { Int($0).flatMap(HashSlot.init(number:)) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first.number <= last.number else {
          return nil
        }
        slots.append(first.number...last.number)
      }
    }
    (self.slots, self.migrating, self.importing) = (slots, migrating, importing)
  }
}

extension RedisConnection {
  /// More than the list of a cluster of a thousand nodes whose slots are scattered.
  private static let mostBytes = 16 << 20

  /// Returns all nodes of the cluster as this node knows them.
  ///
  /// - Parameter node: The node that this is a connection to.
  public func members(of node: RedisNode) throws(RedisError) -> [ClusterMember] {
    let reply = try exchange(Commands("CLUSTER", "NODES"), limit: Self.mostBytes).single()
    var members: [ClusterMember] = []
    for line in (reply.string ?? "").split(whereSeparator: \.isNewline) {
      guard let member = ClusterMember(line, from: node) else {
        throw RedisError(.unexpectedReply, "CLUSTER NODES of \(node) has a line that cannot be read: \(line)")
      }
      members.append(member)
    }
    return members
  }
}
