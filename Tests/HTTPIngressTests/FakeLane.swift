import Foundation
import Keys
import Lanes
import Market
import Redis
import Synchronization

/// Answers commands with the result of a closure, as lanes do: item, outcome and answer in one step.
final class FakeLane: Sendable {
  /// Returns the outcome of a command; nil leaves it unanswered.
  typealias Rule = @Sendable (_ kind: CommandKind, _ fields: Fields) -> Outcome?

  /// How many shards a system with a Redis of its own has.
  static let shards = 2

  private let isStopped = Atomic(false)
  private let commandCount = Atomic(0)

  /// How many commands it has read.
  var count: Int { commandCount.load(ordering: .relaxed) }

  init(_ redis: RedisDeployment, shards: Int = FakeLane.shards, _ rule: @escaping Rule) {
    for index in 0..<shards { Thread { [self] in work(redis, Shard(index), rule) }.start() }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Answers the commands of one shard, so that shards do not wait for each other.
  private func work(_ redis: RedisDeployment, _ shard: Shard, _ rule: Rule) {
    let streams = DecidingWorker.allCases.map { (key: Key.commands($0, in: shard), position: "0") }
    let watch = StreamWatch(redis, streams, count: 512)
    var link: (any RedisLink)?
    while !isStopped.load(ordering: .relaxed) {
      guard let all = try? watch.next(within: .milliseconds(50)) else {
        usleep(10_000)
        continue
      }
      for entry in all.flatMap({ Array($0.entries) }) {
        guard let body = entry[1], let command = try? Fields(reading: body) else { continue }
        commandCount.add(1, ordering: .relaxed)
        store(Self.answer(to: command, in: shard, rule), by: &link, to: redis)
      }
    }
  }

  /// Stores an answer, sooner or later: twice is as good as once.
  private func store(_ answer: Commands, by link: inout (any RedisLink)?, to redis: RedisDeployment) {
    while !isStopped.load(ordering: .relaxed) {
      do {
        let open = try link ?? redis.connect()
        link = open
        for reply in try open.exchange(answer) { try reply.get() }
        return
      } catch {
        link = nil
        usleep(10_000)
      }
    }
  }

  private static func answer(to command: Fields, in shard: Shard, _ rule: Rule) -> Commands {
    var answer = Commands()
    guard let kind = command["type"].flatMap(CommandKind.init(rawValue:)), let outcome = rule(kind, command),
      let commandid = command["commandid"]
    else { return answer }
    if outcome.accepted { answer.add(storing: outcome.fields, as: kind.entity, in: shard) }
    answer.add("SET", Key.operation(commandid, in: shard), outcome.packed)
    if let replyto = command["replyto"] {
      let stream = Key.replies(to: replyto, in: shard)
      answer.add("XADD", stream, "*", "commandid", commandid, "outcome", outcome.packed)
    }
    return answer
  }
}

extension Commands {
  /// Stores an item and puts it into its index, as a lane's commit does.
  mutating func add(storing fields: Fields, as entity: Entity, in shard: Shard) {
    let id = fields["id"].flatMap { Int($0) } ?? 0
    let productid = fields["productid"].flatMap { Int($0) } ?? 0
    let (key, member) =
      switch entity {
      case .reserve: (Key.reservation(id, in: shard), id)
      case .trade: (Key.trade(id, in: shard), id)
      case .inventory: (Key.stock(productid, in: shard), productid)
      }
    var words = RESPWords("HSET", key)
    for (name, value) in fields {
      words.add(name)
      words.add(value)
    }
    add(words)
    add("ZADD", Key.index(of: entity, in: shard), String(id), String(member))
  }
}
