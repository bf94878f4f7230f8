import Keys
import Market
import Redis
import Synchronization

/// New ids that a process has taken from the counters ahead of need, so that most requests need not ask for one.
///
/// What is left when the process ends is never used: ids are unique, not without gaps.
///
/// A Redis that was restarted, restored or failed over may have lost its latest writes, and gives ids then that
/// somebody was told already. So beside each counter stands which server gave its ids: where another one answers,
/// and where a counter is less than this process has seen it, ids go on far behind all that is known. What was given
/// between the last look and the loss nobody can know any more.
package final class IDBlocks: Sendable {
  /// How many ids the ingress takes together.
  package static let size = 64
  /// How far ids go on behind the last one known: more than a system gives in the seconds that Redis may lose.
  static let leap = 10_000

  private struct Counter {
    var left: [ClosedRange<Int>] = []
    /// The highest number that the counter was seen to have.
    var highest = 0
    /// Ids up to here may belong to somebody.
    var floor = 0
    /// The server that is to stand beside the counter, and whether it is the first to.
    var newServer: (name: String, isFirst: Bool)?

    mutating func leap() {
      left = []
      floor.raise(to: highest + IDBlocks.leap)
    }
  }

  /// A question that is on its way to a counter.
  package struct Question: Sendable {
    let entity: Entity
    /// How many ids it takes; none if it only looks.
    let step: Int
    /// The counter cannot be less than this was when the question was asked.
    let seen: Int
    /// The server that it puts beside the counter.
    let newServer: String?

    /// How many replies tell the answer.
    package var replies: Int { newServer == nil ? 3 : 4 }
  }

  private let size: Int
  private let report: @Sendable (String) -> Void
  private let counters = Mutex<[Entity: Counter]>([:])

  /// - Parameters:
  ///   - size: how many ids are taken together at least.
  ///   - report: is told, in a sentence, that a counter went back.
  package init(size: Int = IDBlocks.size, report: @escaping @Sendable (String) -> Void = { _ in }) {
    self.size = size
    self.report = report
  }

  /// The next id; nil where none is left.
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

  /// Forgets what is left: people have chosen ids around there.
  func clear(_ entity: Entity) { change(entity) { $0.left = [] } }

  /// Asks for as many ids as are needed; `hear` takes the replies.
  ///
  /// - Parameter collisions: how often an id was already taken. People choose ids too: growing steps leap over a
  ///   run of taken ones.
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

  /// Asks how far the counters are, as others take ids too; `hear` takes the replies.
  package func look(_ commands: inout Commands) -> [Question] {
    Entity.allCases.map { entity in
      let question = change(entity) { counter in
        // In the place of another one it has to come with the leap.
        let server = counter.newServer.flatMap { $0.isFirst ? $0.name : nil }
        return Question(entity: entity, step: 0, seen: counter.highest, newServer: server)
      }
      add(question, &commands)
      return question
    }
  }

  /// Who sees another server beside the counter than answers must know the ids taken before to be behind the leap:
  /// so the server is read before the ids are taken, and written after.
  private func add(_ question: Question, _ commands: inout Commands) {
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
  }

  /// Takes the ids that were asked for, without those that may belong to somebody.
  package func receive(_ question: Question, _ replies: ArraySlice<Reply>) throws(RedisError) {
    let entity = question.entity
    var found: [Reply] = []
    for reply in replies { found.append(try reply.get()) }
    guard found.count == question.replies, let last = found[2].isNull ? 0 : found[2].integer else {
      throw RedisError(.unexpectedReply, "\(Key.counter(entity)) gave no number.")
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
      "\(Key.counter(entity)) was \(question.seen) and is \(first - 1): Redis has lost what it had. \(Self.remedy)"
    )
  }

  /// A door made this id before, and now it was given again.
  func wasGivenTwice(_ id: Int, of entity: Entity) {
    change(entity) { counter in
      counter.highest.raise(to: id)
      counter.leap()
    }
    report(
      "\(Key.counter(entity)) gave \(id), which it had given before: Redis has lost what it had. \(Self.remedy)"
    )
  }

  private func change<Result: Sendable>(_ entity: Entity, _ body: (inout Counter) -> Result) -> Result {
    counters.withLock { body(&$0[entity, default: Counter()]) }
  }

  private static let remedy = "New ids go on \(leap) further on, so that none is given to two."

  /// The name that a server has from its start to its end.
  private static func server(_ info: Reply) -> String? {
    info.string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
      .map { String($0.dropFirst("run_id:".count)) }
  }
}

extension Int {
  fileprivate mutating func raise(to other: Int) { self = Swift.max(self, other) }
}
