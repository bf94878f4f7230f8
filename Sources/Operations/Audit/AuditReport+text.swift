import Foundation
import Market

extension AuditReport {
  /// The report for people: a table, the memory by kind of key, and every difference.
  package var text: String {
    var lines = [Self.row(Self.columns.map(\.name), "shard")]
    for (index, shard) in shards.enumerated() { lines.append(Self.row(shard, "\(index)")) }
    lines.append(Self.row(totals, "all"))
    lines += ["", "Memory (from a sample), in kB:"]
    for (kind, size) in memory.sorted(by: { ($0.value.bytes, $1.key) > ($1.value.bytes, $0.key) }) {
      lines.append("\("\(size.bytes / 1024)".padded(10)) \(kind.printable), \(size.keys) keys")
    }
    lines.append(
      "\("\(bytes / 1024)".padded(10)) in all"
        + (bytesPerFinishedDeal.map { ", \($0) bytes per finished deal" } ?? ""))
    if !notes.isEmpty { lines += [""] + notes.map(\.printable) }
    lines.append("")
    let unchecked = ["", "Not checked:"] + self.unchecked.map { "  \($0)" }
    if isClean { return (lines + ["Everything agrees."] + unchecked).joined(separator: "\n") }
    lines += differences.map { "\($0.code.rawValue): \($0.key): \($0.message)".printable }
    if differenceCount > differences.count {
      lines.append("… and \(differenceCount - differences.count) more")
    }
    lines.append("\(differenceCount) \(differenceCount == 1 ? "difference" : "differences").")
    return (lines + unchecked).joined(separator: "\n")
  }

  /// The report as a JSON object.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(Image(self)), as: UTF8.self).printableJSON
    }
  }

  private struct Image: Encodable {
    struct Memory: Encodable { let keys, bytes: Int }

    let shards: [Totals]
    let total: Totals
    let memory: [String: Memory]
    let bytes: Int
    let bytesPerFinishedDeal: Int?
    let atRest: Bool
    let notes: [String]
    let unchecked: [String]
    let differences: [Difference]
    let differenceCount: Int

    init(_ report: AuditReport) {
      shards = report.shards
      total = report.totals
      memory = report.memory.mapValues { Memory(keys: $0.keys, bytes: $0.bytes) }
      bytes = report.bytes
      bytesPerFinishedDeal = report.bytesPerFinishedDeal
      atRest = report.isAtRest
      notes = report.notes
      unchecked = report.unchecked
      differences = report.differences
      differenceCount = report.differenceCount
    }
  }

  private static let columns: [(name: String, value: @Sendable (Totals) -> Int)] = [
    ("commands", { $0.commands }), ("outcomes", { $0.outcomes }), ("refused", { $0.rejections }),
    ("events", { $0.events }), ("finished", { $0.finished }), ("running", { $0.running }),
    ("waiting", { $0.waiting }), ("dead", { $0.deadLetters }),
  ]

  private static func row(_ totals: Totals, _ name: String) -> String {
    row(columns.map { "\($0.value(totals))" }, name)
  }

  private static func row(_ cells: [String], _ name: String) -> String {
    name.padded(5) + cells.map { $0.padded(10) }.joined()
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
