import Testbed
import Testing

@testable import Redis

@Suite struct SplitPipelineTests {
  private var nodes = ScriptedNodes(3)
  private static let slot = HashSlot(of: "{0}")
  private var a: RedisNode { nodes.nodes[0] }
  private var b: RedisNode { nodes.nodes[1] }
  private var c: RedisNode { nodes.nodes[2] }

  private static func commands(_ lines: String...) -> Commands {
    var commands = Commands()
    for line in lines {
      var words = RESPWords()
      for word in line.split(separator: " ") { words.add(String(word)) }
      commands.add(words)
    }
    return commands
  }

  /// Sends the commands, first all to one node, until there is nothing left to send. Returns the texts of the
  /// replies and the nodes to which parts went.
  private mutating func run(
    _ commands: Commands, first: RedisNode? = nil, meanwhile: (inout ScriptedNodes) -> Void = { _ in }
  ) throws -> (texts: [String], sent: [RedisNode]) {
    let start = first ?? a
    var pipeline = try SplitPipeline(commands) { _ in start }
    var sent: [RedisNode] = []
    while case let parts = pipeline.next(), !parts.isEmpty {
      #expect(pipeline.next().isEmpty)
      for part in parts {
        sent.append(part.node)
        pipeline.take(nodes.answer(part.commands, at: part.node, meanwhile: meanwhile), of: part)
      }
    }
    #expect(pipeline.failure == nil)
    return (pipeline.replies.map(Self.text), sent)
  }

  private static func text(_ reply: Reply) -> String {
    if reply.kind == .array { return "[\(reply.map(text).joined(separator: " "))]" }
    let text = reply.error?.message ?? reply.string ?? "null"
    return reply.kind == .error ? String(text.prefix { $0 != " " }) : text
  }

  @Test func `parts go to the nodes of their slots, and replies to the places of their commands`() throws {
    let commands = Self.commands("SET {0}x 0", "SET {1}x 1", "ECHO 2", "SET {0}y 3", "SET {1}y 4")
    let owners = [HashSlot(of: "{0}"): a, HashSlot(of: "{1}"): b]
    var pipeline = try SplitPipeline(commands) { $0.map { owners[$0] ?? c } ?? c }
    let parts = pipeline.next()
    #expect(parts.map(\.node) == [a, b, c])
    #expect(parts.map(\.commands.count) == [2, 2, 1])
    #expect(parts[1].commands.bytes == Self.commands("SET {1}x 1", "SET {1}y 4").bytes)
    // In whatever order they arrive.
    pipeline.take([Reply(.text("2"))], of: parts[2])
    pipeline.take([Reply(.text("1")), Reply(.text("4"))], of: parts[1])
    #expect(pipeline.next().isEmpty)
    pipeline.take([Reply(.text("0")), Reply(.text("3"))], of: parts[0])
    #expect(pipeline.next().isEmpty)
    #expect(pipeline.replies.map(\.string) == ["0", "1", "2", "3", "4"])
    #expect(pipeline.news.isEmpty)
  }

  @Test func `commands for one node are sent as they are`() throws {
    let commands = Self.commands(
      "SET {0}x 0", "MULTI", "SET {0}x 1", "EXEC", "EVALSHA 0123 1 {0}x 2", "ECHO 3")
    var pipeline = try SplitPipeline(commands) { _ in a }
    let part = try #require(pipeline.next().first)
    #expect(part.commands.bytes == commands.bytes && part.commands.count == 6)
    #expect(part.digests == ["0123"])
  }

  @Test mutating func `after a MOVED, the commands go to the other node in their order`() throws {
    nodes.agree(Self.slot, on: b)
    let result = try run(Self.commands("SET {0}x 0", "ECHO 1", "SET {0}x 2", "EVALSHA 0123 1 {0}x 3"))
    #expect(result.texts == ["0", "1", "2", "3"])
    #expect(result.sent == [a, b])
    #expect(nodes.executions.map(\.word) == ["0", "2", "3"])
  }

  @Test mutating func `what was redirected in the middle of a sequence follows in its order`() throws {
    nodes.agree(Self.slot, on: a)
    var left = 3
    let (slot, b) = (Self.slot, b)
    let result = try run(
      Self.commands("SET {0}x 0", "SET {0}x 1", "SET {0}x 2", "SET {0}x 3", "SET {0}x 4")
    ) { nodes in
      left -= 1
      if left == 0 {
        nodes.places = nodes.places.mapValues { _ in b }
        nodes.agree(slot, on: b)
      }
    }
    #expect(result.texts == ["0", "1", "2", "3", "4"])
    #expect(nodes.executions.map(\.word) == ["0", "1", "2", "3", "4"])
    #expect(nodes.executions.map(\.node) == [a, a, b, b, b])
  }

  @Test mutating func `two nodes that name each other are asked five times more, then it is an error`() throws
  {
    nodes.views = [a: [Self.slot: .init(owner: b)], b: [Self.slot: .init(owner: a)]]
    let result = try run(Self.commands("SET {0}x 0", "SET {1}x 1"))
    #expect(result.texts == ["MOVED", "1"])
    #expect(result.sent == [a, b, a, b, a, b])
    #expect(nodes.executions.map(\.key) == ["{1}x"])
    #expect(RedisError(reply: "MOVED 1 h:1").canRetry && RedisError(reply: "ASK 1 h:1").canRetry)
  }

  @Test mutating func `a command with one key follows ASK, and others of its slot are served meanwhile`()
    throws
  {
    nodes.agree(Self.slot, on: a)
    nodes.migrate(Self.slot, from: a, to: b)
    nodes.places = ["{0}here": a]
    let result = try run(Self.commands("SET {0}gone 0", "SET {0}here 1", "SET {0}gone 2"))
    #expect(result.texts == ["0", "1", "2"])
    #expect(result.sent == [a, b])
    #expect(nodes.executions.map(\.word) == ["1", "0", "2"])
    #expect(nodes.executions.map(\.isAsking) == [false, true, true])
  }

  @Test mutating func `scripts, transactions and commands with several keys do not follow ASK`() throws {
    nodes.agree(Self.slot, on: a)
    nodes.migrate(Self.slot, from: a, to: b)
    nodes.places = ["{0}here": a]
    let result = try run(
      Self.commands(
        "EVALSHA 0123 1 {0}gone 0", "EVAL x 2 {0}gone {0}here 1", "MULTI", "SET {0}gone 2", "EXEC",
        "EVALSHA 0123 1 {0}here 3"))
    #expect(result.texts == ["ASK", "TRYAGAIN", "OK", "ASK", "EXECABORT", "3"])
    #expect(result.sent == [a])
  }

  @Test mutating func `a transaction moves as a whole`() throws {
    nodes.agree(Self.slot, on: b)
    let result = try run(
      Self.commands("SET {0}x 0", "MULTI", "SET {0}x 1", "SET {0}y 2", "EXEC", "SET {0}x 3"))
    #expect(result.texts == ["0", "OK", "QUEUED", "QUEUED", "[1 2]", "3"])
    #expect(result.sent == [a, b])
    #expect(nodes.executions.map(\.word) == ["0", "1", "2", "3"])
  }

  @Test mutating func `a transaction whose slot moves before its EXEC moves as a whole`() throws {
    nodes.agree(Self.slot, on: a)
    let (slot, b) = (Self.slot, b)
    var left = 3
    let result = try run(Self.commands("MULTI", "SET {0}x 0", "EXEC")) { nodes in
      left -= 1
      if left == 0 { nodes.agree(slot, on: b) }
    }
    #expect(result.texts == ["OK", "QUEUED", "[0]"])
    #expect(nodes.executions.map(\.node) == [b])
  }

  @Test mutating func `a command that a later one of its slot has overtaken is an error`() throws {
    nodes.agree(Self.slot, on: b)
    let (slot, a) = (Self.slot, a)
    var left = 2
    let result = try run(Self.commands("SET {0}x 0", "SET {0}x 1")) { nodes in
      left -= 1
      if left == 0 { nodes.agree(slot, on: a) }
    }
    #expect(result.texts == ["MOVED", "1"])
    #expect(result.sent == [a])
  }

  @Test func `what cannot be followed is left to the caller`() throws {
    let refusals = [
      "TRYAGAIN Multiple keys request", "CLUSTERDOWN Hash slot not served", "LOADING Redis is loading",
      "WRONGTYPE Operation", "NOSCRIPT No matching script", "MOVED 1 ?:7000",
    ]
    for refusal in refusals {
      var pipeline = try SplitPipeline(Self.commands("SET {0}x 0", "SET {0}x 1")) { _ in a }
      let part = try #require(pipeline.next().first)
      pipeline.take([Reply(.error(refusal)), Reply(.error(refusal))], of: part)
      #expect(pipeline.next().isEmpty)
      #expect(pipeline.replies.map { $0.error?.message } == [refusal, refusal])
    }
  }

  @Test func `a user who may not ask learns that`() throws {
    var pipeline = try SplitPipeline(Self.commands("SET {0}x 0")) { _ in a }
    pipeline.take([Reply(.error("ASK 1 \(b)"))], of: try #require(pipeline.next().first))
    let asking = try #require(pipeline.next().first)
    #expect(asking.node == b && asking.commands.count == 2)
    pipeline.take([Reply(.error("NOPERM no permission")), Reply(.error("MOVED 1 \(a)"))], of: asking)
    #expect(pipeline.next().isEmpty)
    #expect(pipeline.replies[0].error?.message == "NOPERM no permission")
  }

  @Test func `what replies say about the cluster is passed on once`() throws {
    var pipeline = try SplitPipeline(Self.commands("SET {0}x 0", "SET {0}x 1", "SET {0}x 2")) { _ in a }
    let part = try #require(pipeline.next().first)
    pipeline.take(
      [Reply(.error("MOVED 7 \(b)")), Reply(.error("ASK 7 \(c)")), Reply(.error("CLUSTERDOWN"))], of: part)
    let moved = try #require(Redirect("MOVED 7 \(b)", from: a))
    let ask = try #require(Redirect("ASK 7 \(c)", from: a))
    #expect(pipeline.takeNews() == [.redirect(moved, from: a), .redirect(ask, from: a), .clusterDown(a)])
    #expect(pipeline.takeNews().isEmpty)
  }

  @Test func `after a failure nothing is sent again`() throws {
    var pipeline = try SplitPipeline(Self.commands("SET {0}x 0", "SET {1}x 1")) {
      $0 == Self.slot ? a : b
    }
    let parts = pipeline.next()
    pipeline.take([Reply(.error("MOVED 1 \(c)"))], of: parts[0])
    pipeline.fail(parts[1], because: RedisError(.timeout, "late"))
    #expect(pipeline.next().isEmpty)
    #expect(pipeline.failure?.code == .timeout)
  }

  @Test(
    arguments: [
      (["SCAN 0"], "SCAN"), (["FLUSHALL"], "FLUSHALL"), (["MULTI", "SET {0} 0"], "pairs"),
      (["EXEC"], "pairs"),
      (["MULTI", "MULTI"], "pairs"), (["MULTI", "SET {0} 0", "SET {1} 0", "EXEC"], "one slot"),
    ])
  func `commands that cannot be sent are refused`(lines: [String], part: String) {
    var commands = Commands()
    for line in lines { commands.add(Self.commands(line)) }
    let error = #expect(throws: RedisError.self) { try SplitPipeline(commands) { _ in a } }
    #expect(error?.message.contains(part) == true)
    #expect(error?.canRetry == false)
  }

  @Test func `without any node there is no pipeline`() {
    let error = #expect(throws: RedisError.self) { try SplitPipeline(Self.commands("ECHO 1")) { _ in nil } }
    #expect(error?.code == .unavailable)
  }

  // MARK: Against a model

  /// Slots, keys and nodes that change while pipelines run.
  @Test func `in any turmoil, commands run once and in the order of their keys, or are errors`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for round in 0..<3000 {
      if let flaw = try Turmoil(&random).flaw {
        Issue.record("\(flaw) in round \(round), seed \(seed)")
        return
      }
    }
  }
}

/// A random pipeline over a cluster in which slots move, and whose nodes learn of that late.
private struct Turmoil {
  private static let tags = ["{0}", "{1}", "{2}"]
  private var nodes = ScriptedNodes(3)
  /// The first command that was lost, doubled or overtaken; nil if there is none.
  private(set) var flaw: String?

  init(_ random: inout SplitMix64) throws {
    let slots = Self.tags.map { HashSlot(of: $0) }
    for (slot, tag) in zip(slots, Self.tags) {
      let owner = nodes.nodes.randomElement(using: &random) ?? nodes.nodes[0]
      nodes.agree(slot, on: owner)
      for key in ["a", "b"] where random.oneIn(2) { nodes.places[tag + key] = owner }
      if random.oneIn(2) { Self.change(&nodes, slot, &random) }
    }
    let commands = Self.commands(&random)
    let calm = Int.random(in: 2...20, using: &random)
    let stale = Dictionary(
      uniqueKeysWithValues: slots.map { ($0, nodes.nodes.randomElement(using: &random)) })
    let known = nodes.nodes
    var pipeline = try SplitPipeline(commands) { slot in slot.flatMap { stale[$0] ?? nil } ?? known[0] }
    var rounds = 0
    while case var parts = pipeline.next(), !parts.isEmpty {
      rounds += 1
      parts.shuffle(using: &random)
      for part in parts {
        let replies = nodes.answer(part.commands, at: part.node) { nodes in
          if random.oneIn(calm), let slot = slots.randomElement(using: &random) {
            Self.change(&nodes, slot, &random)
          }
        }
        pipeline.take(replies, of: part)
      }
    }
    flaw = rounds > 1 + SplitPipeline.mostHops ? "\(rounds) rounds" : check(pipeline.replies)
  }

  /// Commands with keys, whose last word is their place, and some without.
  private static func commands(_ random: inout SplitMix64) -> Commands {
    var commands = Commands()
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let tag = tags.randomElement(using: &random) ?? "{0}"
      let key = tag + (random.oneIn(2) ? "a" : "b")
      switch Int.random(in: 0..<8, using: &random) {
      case 0: commands.add("ECHO", "word")
      case 1: commands.add("EVALSHA", "0123", "1", key, "\(commands.count)")
      case 2: commands.add("EVAL", "x", "2", tag + "a", tag + "b", "\(commands.count)")
      case 3:
        commands.add("MULTI")
        for _ in 0..<Int.random(in: 1...3, using: &random) { commands.add("SET", key, "\(commands.count)") }
        commands.add("EXEC")
      default: commands.add("SET", key, "\(commands.count)")
      }
    }
    return commands
  }

  /// Takes a slot one step further: a migration begins, a key moves, it ends or is given up; or nodes hear of
  /// it.
  private static func change(_ nodes: inout ScriptedNodes, _ slot: HashSlot, _ random: inout SplitMix64) {
    guard let owner = nodes.nodes.first(where: { nodes.views[$0]?[slot]?.owner == $0 }),
      let other = nodes.nodes.filter({ $0 != owner }).randomElement(using: &random)
    else { return }
    let keys = nodes.places.keys.sorted().filter { HashSlot(of: $0) == slot }
    guard let target = nodes.views[owner]?[slot]?.peer else {
      if random.oneIn(2) {
        nodes.migrate(slot, from: owner, to: other)
      } else {
        nodes.views[other]?[slot] = .init(owner: owner)
      }
      return
    }
    switch Int.random(in: 0..<4, using: &random) {
    case 0, 1: if let key = keys.randomElement(using: &random) { nodes.places[key] = target }
    case 2:
      for key in keys { nodes.places[key] = target }
      nodes.views[target]?[slot] = .init(owner: target)
      nodes.views[owner]?[slot] = .init(owner: target)
      if random.oneIn(2) { nodes.agree(slot, on: target) }
    default:
      for key in keys { nodes.places[key] = owner }
      nodes.views[target]?[slot] = .init(owner: owner)
      nodes.views[owner]?[slot] = .init(owner: owner)
    }
  }

  private func check(_ replies: [Reply]) -> String? {
    var last: [String: Int] = [:]
    for execution in nodes.executions {
      let place = Int(execution.word) ?? 0
      if let before = last[execution.key], before >= place { return "\(before) ran before \(place)" }
      last[execution.key] = place
    }
    let ran = nodes.executions.reduce(into: [:]) { $0[$1.word, default: Set<String>()].insert($1.key) }
    for (place, reply) in replies.enumerated() {
      if reply.isNull { return "\(place) has no reply" }
      // The reply to a transaction's EXEC has those of its commands.
      if let word = reply.string.flatMap(Int.init), word != place {
        return "\(word) is the reply to \(place)"
      }
      if reply.kind == .error, let keys = ran["\(place)"] {
        return "\(place) ran on \(keys), but is an error"
      }
      let promised = reply.kind == .array ? reply.compactMap(\.string) : reply.integer.map { ["\($0)"] } ?? []
      if let lost = promised.first(where: { ran[$0] == nil }) { return "\(lost) did not run" }
    }
    return nil
  }
}
