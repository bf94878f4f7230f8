@testable import Redis

/// A cluster without servers: what its nodes know, have and answer. Replies are the commands' last words.
struct ScriptedNodes {
  typealias Execution = (node: RedisNode, key: String, word: String, isAsking: Bool)

  /// What a node believes about a slot. Nodes that do not believe they own a slot execute nothing.
  struct View {
    var owner: RedisNode
    /// The node that the slot moves to, at its owner; the one it comes from, at the other node.
    var peer: RedisNode?
  }

  let nodes: [RedisNode]
  var views: [RedisNode: [HashSlot: View]] = [:]
  /// The nodes that have each key.
  var places: [String: RedisNode] = [:]
  var executions: [Execution] = []

  init(_ count: Int) { nodes = (0..<count).compactMap { RedisNode(host: "n\($0)", port: 7000) } }

  /// Makes all nodes agree about who owns a slot.
  mutating func agree(_ slot: HashSlot, on owner: RedisNode) {
    for node in nodes { views[node, default: [:]][slot] = View(owner: owner) }
  }

  mutating func migrate(_ slot: HashSlot, from source: RedisNode, to target: RedisNode) {
    views[source]?[slot]?.peer = target
    views[target]?[slot]?.peer = source
  }

  /// Answers commands that arrive together. Between two of them, `meanwhile` can change the cluster.
  mutating func answer(
    _ commands: Commands, at node: RedisNode, meanwhile: (inout ScriptedNodes) -> Void = { _ in }
  ) -> [Reply] {
    var isAsking = false
    /// The commands of an open transaction.
    var queue: [[String]]?
    var isAborted = false
    return words(of: commands).map { words in
      meanwhile(&self)
      defer { isAsking = words == ["ASKING"] }
      switch words[0] {
      case "ASKING": return Reply(.text("OK"))
      case "MULTI":
        (queue, isAborted) = ([], false)
        return Reply(.text("OK"))
      case "EXEC":
        defer { queue = nil }
        let queued = queue ?? []
        if isAborted { return Reply(.error("EXECABORT Transaction discarded")) }
        if let refusal = refusal(of: queued.flatMap(keys), at: node, isAsking: false) {
          return Reply(refusal)
        }
        return Reply(.array(queued.map { execute($0, at: node, isAsking: false) }))
      default:
        if let refusal = refusal(of: keys(words), at: node, isAsking: isAsking) {
          isAborted = true
          return Reply(refusal)
        }
        if queue != nil {
          queue?.append(words)
          return Reply(.text("QUEUED"))
        }
        return Reply(execute(words, at: node, isAsking: isAsking))
      }
    }
  }

  private mutating func execute(_ words: [String], at node: RedisNode, isAsking: Bool) -> MadeReply {
    let word = words.last ?? ""
    for key in keys(words) {
      places[key] = node
      executions.append((node, key, word, isAsking))
    }
    return .text(word)
  }

  /// Like `getNodeByQuery` of Redis.
  private func refusal(of keys: [String], at node: RedisNode, isAsking: Bool) -> MadeReply? {
    guard let first = keys.first, let view = views[node]?[HashSlot(of: first)] else { return nil }
    let slot = HashSlot(of: first).number
    let missing = Set(keys).filter { places[$0] != node }.count
    if view.owner == node {
      guard let peer = view.peer, missing > 0 else { return nil }
      return .error(missing == Set(keys).count ? "ASK \(slot) \(peer)" : "TRYAGAIN Multiple keys request")
    }
    if isAsking, view.peer != nil {
      return missing > 0 && Set(keys).count > 1 ? .error("TRYAGAIN Multiple keys request") : nil
    }
    return .error("MOVED \(slot) \(view.owner)")
  }

  private func keys(_ words: [String]) -> [String] {
    switch words[0] {
    case "ECHO": []
    case "EVAL", "EVALSHA": Array(words[3..<(3 + (Int(words[2]) ?? 0))])
    default: [words[1]]
    }
  }

  private func words(of commands: Commands) -> [[String]] {
    commands.bytes.withUnsafeBytes { bytes in
      var reader = CommandReader(bytes)
      var all: [[String]] = []
      while let count = reader.count() {
        all.append((0..<count).map { _ in reader.word().map { reader.text(of: $0) } ?? "" })
      }
      return all
    }
  }
}
