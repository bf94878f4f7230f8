import Foundation
import Market

extension DeadLetter {
  /// When it died, ISO 8601 in UTC.
  public var time: String { position.timestamp }

  /// One line, its parts apart by tabs: id, worker, time, reason, field, message.
  public var line: String {
    [id, worker, time, reason, wrong, message].map(\.printable).joined(separator: "\t")
  }

  /// Everything, a line each.
  public var text: String {
    let facts = [
      ("id", id), ("worker", worker), ("time", time), ("stream", stream), ("entry", entry),
      ("reason", reason),
      ("field", wrong), ("message", message),
    ]
    let cut = cut.map { [("cut", "only a part of its \($0) bytes is here")] } ?? []
    return (facts + cut + fields.map { ("  \($0.name)", $0.value) })
      .map { "\($0.0.printable): \($0.1.printable)" }.joined(separator: "\n")
  }
}

extension [DeadLetter] {
  /// A JSON array with everything; the fields as pairs, for a name may come twice.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(map(Image.init)), as: UTF8.self).printableJSON
    }
  }

  private struct Image: Encodable {
    let id, worker, time, stream, entry, reason, field, message: String
    let cut: String?
    let fields: [[String]]

    init(_ letter: DeadLetter) {
      id = letter.id
      worker = letter.worker
      time = letter.time
      stream = letter.stream
      entry = letter.entry
      reason = letter.reason
      field = letter.wrong
      message = letter.message
      cut = letter.cut
      fields = letter.fields.map { [$0.name, $0.value] }
    }
  }
}
