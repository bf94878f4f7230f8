import Keys
import Market
import Redis
import Synchronization

/// Blocks of new ids that a process takes from the counters in advance, so that most requests need no round
/// trip.
///
/// Ids left when the process ends are never used: ids are unique, but can have gaps.
///
/// A Redis that was restarted, restored or failed over can have lost its latest writes, and would then assign
/// ids again. So the name of the server that assigned the ids is stored with each counter. If another server
/// answers, or a counter is lower than this process has seen it, new ids skip far ahead of all known ones.
/// Ids assigned between the last look and the loss are unknown.
package final class IDBlocks: Sendable {
  /// How many ids the ingress takes at once.
  package static let size = 64
  /// How far new ids skip ahead of the last known one: more than a system assigns in the seconds that Redis
  /// can lose.
  static let leap = 10_000

  private struct Counter {
    var left: [ClosedRange<Int>] = []
    /// The highest known value of the counter.
    var highest = 0
    /// Ids up to this one can be in use already.
    var floor = 0
    /// The server name to store with the counter, and whether none was stored before.
    var newServer: (name: String, isFirst: Bool)?

    mutating func leap() {
      left = []
      floor.raise(to: highest + IDBlocks.leap)
    }
  }

  /// A pending question to a counter.
  package struct Question: Sendable {
    let entity: Entity
    /// How many ids it takes; 0 if it only looks.
    let step: Int
    /// The highest known value when the question was asked: unless Redis lost data, the counter is not lower.
    let seen: Int
    /// The server name that it stores with the counter; nil if it stores none.
    let newServer: String?

    /// The number of its commands, without what makes them a transaction.
    fileprivate var commands: Int { newServer == nil ? 3 : 4 }
    /// The number of replies to the question.
    package var replies: Int { commands + 2 }
  }

  private let size: Int
  private let report: @Sendable (String) -> Void
  private let counters = Mutex<[Entity: Counter]>([:])

  /// - Parameters:
  ///   - size: The minimum number of ids to take at once.
  ///   - report: Called with a sentence for people when a counter went back.
  package init(size: Int = IDBlocks.size, report: @escaping @Sendable (String) -> Void = { _ in }) {
    self.size = size
    self.report = report
  }

  /// Returns the next id; nil if none is left.
  package func next(_ entity: Entity) -> Int? {
    change(entity) { counter in
      guard let block = counter.left.first else { return nil }
      if block.count == 1 {
        counter.left.removeFirst()
      } else {
        counter.left[0] = (block.lowerBound + 1)...block.upperBound
      }
      return block.lowerBound
    }
  }

  /// Drops the ids that are left, because people have chosen ids in that range.
  func clear(_ entity: Entity) { change(entity) { $0.left = [] } }

  /// Asks for as many ids as are needed; `receive` takes the replies.
  ///
  /// - Parameter collisions: How many ids were already taken. People choose ids too, so growing steps skip
  ///   runs of taken ones.
  package func ask(
    _ entity: Entity, needing count: Int, collisions: Int, _ commands: inout Commands
  ) -> Question {
    let question = change(entity) { counter in
      let usual = max(size, count) << min(collisions, 20)
      return Question(
        entity: entity, step: max(usual, counter.floor + usual - counter.highest), seen: counter.highest,
        newServer: counter.newServer?.name)
    }
    add(question, &commands)
    return question
  }

  /// Asks for the values of all counters, as others take ids too; `receive` takes the replies.
  package func look(_ commands: inout Commands) -> [Question] {
    Entity.allCases.map { entity in
      let question = change(entity) { counter in
        // Replacing another server's name must happen together with the leap.
        let server = counter.newServer.flatMap { $0.isFirst ? $0.name : nil }
        return Question(entity: entity, step: 0, seen: counter.highest, newServer: server)
      }
      add(question, &commands)
      return question
    }
  }

  /// Adds the commands of a question.
  ///
  /// The server name is read before the ids are taken, and written after: if a process finds the name of the
  /// server that answers, the ids it takes must already be beyond the leap. In a cluster, the transaction has
  /// the name come from the server that has the counter.
  private func add(_ question: Question, _ commands: inout Commands) {
    commands.add("MULTI")
    commands.add("INFO", "server")
    commands.add("GET", Key.counterServer(question.entity))
    if question.step == 0 {
      commands.add("GET", Key.counter(question.entity))
    } else {
      commands.add("INCRBY", Key.counter(question.entity), String(question.step))
    }
    if let server = question.newServer {
      commands.add("SET", Key.counterServer(question.entity), server)
    }
    commands.add("EXEC")
  }

  /// Takes the ids that were asked for, except those that can be in use already.
  package func receive(_ question: Question, _ replies: ArraySlice<Reply>) throws(RedisError) {
    let entity = question.entity
    for reply in replies { try reply.get() }
    var found: [Reply] = []
    for reply in replies.last ?? .null { found.append(try reply.get()) }
    guard found.count == question.commands, let last = found[2].isNull ? 0 : found[2].integer else {
      throw RedisError(.unexpectedReply, "\(Key.counter(entity)) holds no number.")
    }
    let first = last - question.step + 1
    let (server, former) = (Self.server(found[0]), found[1].string)
    change(entity) { counter in
      if first <= question.seen {
        counter.leap()
        counter.highest = last
      }
      counter.highest.raise(to: last)
      if let server, server != former, server != question.newServer {
        if former != nil { counter.leap() }
        counter.newServer = (server, isFirst: former == nil)
      } else {
        counter.newServer = nil
      }
      let usable = max(first, counter.floor + 1)
      if usable <= last { counter.left.append(usable...last) }
    }
    guard first <= question.seen else { return }
    report(
      "\(Key.counter(entity)) was \(question.seen) and is \(first - 1): Redis has lost data. \(Self.remedy)"
    )
  }

  /// Skips ahead and reports it, because an id that a door had assigned was assigned again.
  func wasGivenTwice(_ id: Int, of entity: Entity) {
    change(entity) { counter in
      counter.highest.raise(to: id)
      counter.leap()
    }
    report(
      "\(Key.counter(entity)) gave \(id), which it had given before: Redis has lost data. \(Self.remedy)"
    )
  }

  private func change<Result: Sendable>(_ entity: Entity, _ body: (inout Counter) -> Result) -> Result {
    counters.withLock { body(&$0[entity, default: Counter()]) }
  }

  private static let remedy = "New ids skip ahead by \(leap), so that none is given twice."

  /// Returns the server's `run_id`, which is constant from its start to its end.
  private static func server(_ info: Reply) -> String? { info.fact("run_id") }
}

extension Int {
  fileprivate mutating func raise(to other: Int) { self = Swift.max(self, other) }
}
