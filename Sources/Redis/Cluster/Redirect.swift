/// The answer of a node that does not have a command's slot: who has it.
struct Redirect: Equatable, Sendable {
  enum Kind: Sendable {
    /// The slot belongs to the other node.
    case moved
    /// The slot is moving to the other node, and the key is not here any more, or not yet anywhere. Only
    /// valid for the one command, which needs `ASKING` before it.
    case ask
  }

  let kind: Kind
  let slot: HashSlot
  /// Nil if the sender does not say how to reach the node.
  let node: RedisNode?

  /// Reads `MOVED <slot> <host>:<port>` or `ASK …`. Returns nil for any other reply.
  init?(_ reply: Reply, from sender: RedisNode) {
    guard let text = reply.error?.message else { return nil }
    self.init(text, from: sender)
  }

  init?(_ text: String, from sender: RedisNode) {
    let words = text.split(separator: " ", maxSplits: 3)
    guard words.count >= 3, let number = Int(words[1]), let slot = HashSlot(number: number) else {
      return nil
    }
    switch words[0] {
    case "MOVED": kind = .moved
    case "ASK": kind = .ask
    default: return nil
    }
    self.slot = slot
    node = RedisNode(announced: words[2], by: sender)
  }
}
