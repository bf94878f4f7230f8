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

  static let shards = 2

  private let isStopped = Atomic(false)
  private let commandCount = Atomic(0)

  /// How many commands it has read.
  var count: Int { commandCount.load(ordering: .relaxed) }

  init(_ url: RedisURL, _ rule: @escaping Rule) {
    let thread = Thread { [self] in try? work(url, rule) }
    thread.start()
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func work(_ url: RedisURL, _ rule: Rule) throws {
    let connection = try RedisConnection(url)
    let streams = DecidingWorker.allCases.flatMap { worker in
      (0..<Self.shards).map { (key: Key.commands(worker, in: Shard($0)), shard: Shard($0)) }
    }
    var cursors = Dictionary(uniqueKeysWithValues: streams.map { ($0.key, "0") })
    while !isStopped.load(ordering: .relaxed) {
      var read = RESPWords("XREAD", "BLOCK", "50", "STREAMS")
      for stream in streams { read.add(stream.key) }
      for stream in streams { read.add(cursors[stream.key] ?? "0") }
      var ask = Commands()
      ask.add(read)
      guard let batch = try connection.exchange(ask).first?.get() else { continue }
      for stream in batch {
        guard let key = stream[0]?.string, let shard = streams.first(where: { $0.key == key })?.shard else {
          continue
        }
        for entry in stream[1].map({ Array($0) }) ?? [] {
          cursors[key] = entry[0]?.string
          guard let body = entry[1] else { continue }
          commandCount.add(1, ordering: .relaxed)
          let answer = Self.answer(to: try Fields(reading: body), in: shard, rule)
          for reply in try connection.exchange(answer) { try reply.get() }
        }
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
