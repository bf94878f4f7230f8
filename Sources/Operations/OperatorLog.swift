import Foundation
import Keys
import Lanes
import Market
import Redis

/// What operators did, in a stream of Redis that keeps the last 10,000 entries.
///
/// Written before something is done, with what is meant, and again afterwards, with what came of it.
package struct OperatorLog {
  /// Something that an operator does.
  package enum Action: String, CaseIterable, Sendable {
    /// Personal data was shown.
    case show
    /// Dead letters are sent again.
    case replay
    /// Dead letters are deleted.
    case drop
    case audit
    /// What the audit found is repaired.
    case repair
    /// A read model is made again.
    case rebuild
    /// Slots of a cluster are moved.
    case balance
    /// The format of the data is held or raised.
    case format
    /// A person is forgotten.
    case forget
  }

  /// Who does it.
  package struct Operator: Equatable, Sendable {
    package let name: String
    /// `web` or `cli`.
    package let way: String

    package init(_ name: String, by way: String) {
      self.name = name
      self.way = way
    }

    /// The user of this process, as the operating system names it.
    package static func ofThisProcess(by way: String) -> Operator { Operator(NSUserName(), by: way) }
  }

  /// An entry as it is stored.
  package struct Entry: Sendable {
    package let id: EntryID
    package let fields: Fields

    package var time: String { id.timestamp }
    package var name: String { fields["operator"] ?? "" }
    package var way: String { fields["way"] ?? "" }
    package var action: String { fields["action"] ?? "" }
    /// What it is about, such as ids of dead letters.
    package var subject: String { fields["subject"] ?? "" }
    /// What is changed by it: `qty: x → 1`. Personal values are not told.
    package var change: String { fields["change"] ?? "" }
    /// What came of it; empty if the entry was written before.
    package var result: String { fields["result"] ?? "" }
  }

  /// How many entries are kept, about.
  package static let kept = 10_000
  /// The longest text of an entry, in characters.
  static let longest = 2_000

  private let connection: any RedisLink
  private let author: Operator

  package init(_ connection: any RedisLink, as author: Operator) {
    self.connection = connection
    self.author = author
  }

  /// Writes one entry. Throws if Redis does not take it.
  ///
  /// - Parameter result: what came of the action; nil if it has not been done yet.
  package func write(
    _ action: Action, _ subject: String, change: String? = nil, result: String? = nil
  ) throws(RedisError) {
    var words = RESPWords("XADD", Key.operatorLog, "MAXLEN", "~", "\(Self.kept)", "*")
    for (name, value) in [
      ("operator", author.name), ("way", author.way), ("action", action.rawValue), ("subject", subject),
      ("change", change), ("result", result),
    ] {
      guard let value, !value.isEmpty else { continue }
      words.add(name)
      words.add(value.count > Self.longest ? value.prefix(Self.longest) + "…" : value)
    }
    try connection.call(words)
  }

  /// Returns the last entries, the newest first.
  package static func last(_ limit: Int, on connection: any RedisLink) throws(RedisError) -> [Entry] {
    try connection.call("XREVRANGE", Key.operatorLog, "+", "-", "COUNT", "\(limit)")
      .compactMap { StreamEntry($0) }.map { Entry(id: $0.id, fields: $0.shown) }
  }

  /// Ids in a text, the first ones by name.
  package static func list(_ ids: [String]) -> String {
    let shown = 50
    let named = ids.prefix(shown).joined(separator: " ")
    return ids.count > shown ? "\(named) … \(ids.count) in all" : named
  }

  /// Corrections in a text; what can be personal is not told.
  package static func changes(_ corrections: Fields, of letters: [DeadLetter]) -> String {
    corrections.map { name, value in
      let old = letters.count == 1 ? letters.first?.fields[name] : nil
      guard Personal.isPlain(name) else { return "\(name): \(Personal.mask)" }
      return "\(name): \(old.map { "\($0.prefix(100)) → " } ?? "")\(value.prefix(100))"
    }.joined(separator: ", ")
  }
}

extension OperatorLog.Entry: Encodable {
  private enum Names: String, CodingKey {
    case id, time, name = "operator", way, action, subject, change, result
  }

  package func encode(to encoder: any Encoder) throws {
    var image = encoder.container(keyedBy: Names.self)
    try image.encode("\(id)", forKey: .id)
    try image.encode(time, forKey: .time)
    try image.encode(name, forKey: .name)
    try image.encode(way, forKey: .way)
    try image.encode(action, forKey: .action)
    try image.encode(subject, forKey: .subject)
    try image.encode(change, forKey: .change)
    try image.encode(result, forKey: .result)
  }

  /// A JSON object.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self).printableJSON
    }
  }
}

extension OperatorLog {
  /// Writes an entry for a command of this process. Says on standard error if that is impossible: that operators can
  /// help themselves must not depend on the node of a cluster that has the log.
  package static func note(
    _ action: Action, _ subject: String, change: String? = nil, result: String? = nil,
    on connection: any RedisLink
  ) {
    do {
      try OperatorLog(connection, as: .ofThisProcess(by: "cli"))
        .write(action, subject, change: change, result: result)
    } catch {
      FileHandle.standardError.write(Data("The operators' log cannot be written: \(error)\n".utf8))
    }
  }
}
