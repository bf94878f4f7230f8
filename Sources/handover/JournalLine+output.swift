import Foundation
import Market
import Operations

extension JournalLine {
  /// Returns a line for people: when, where, what.
  func shown() -> String {
    let said = summary.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    return
      "\(id.timestamp)  {\(shard.index)} \(id)  \(worker): \(type)  product=\(fields["productid"] ?? "?") \(said)"
      .printable
  }

  /// Returns a JSON object for programs: all fields, and the entry's id, shard and worker.
  func encoded() throws -> String {
    var object = Dictionary(fields.pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    object["entry"] = "\(id)"
    object["shard"] = "\(shard.index)"
    object["worker"] = worker
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(object), as: UTF8.self).printableJSON
  }
}
