import Doors
import Foundation
import Keys
import Lanes
import Market

/// An entry that a worker could not handle, with what is wrong and its raw fields.
package struct DeadLetter: Sendable {
  /// The tag of the slot that keeps it: a shard's number, or an inlet's name.
  package let tag: String
  /// Its place among the dead letters, and so when it was put there.
  package let position: EntryID
  package let worker: String
  /// Where it came from.
  package let stream: String
  package let entry: String
  package let reason: String
  /// The field that is wrong.
  package let wrong: String
  package let message: String
  /// How many bytes the entry had of which only a part was kept; nil where all of it is here.
  package let cut: String?
  /// What it says itself.
  package let fields: Fields

  init(_ entry: StreamEntry, tag: String) {
    self.tag = tag
    position = entry.id
    worker = entry.fields["worker"] ?? ""
    stream = entry.fields["stream"] ?? ""
    self.entry = entry.fields["entry"] ?? ""
    reason = entry.fields["reason"] ?? ""
    wrong = entry.fields["wrong"] ?? ""
    message = entry.fields["message"] ?? ""
    cut = entry.fields["cut"]
    // By bytes: a name that begins with a combining mark takes the colon before it into one character with it.
    let mark = "field:".utf8
    fields = Fields(
      entry.fields.filter { $0.name.utf8.starts(with: mark) }.map {
        (String(decoding: $0.name.utf8.dropFirst(mark.count), as: UTF8.self), $0.value)
      })
  }

  /// What a person calls it by: `3/1712-0`, `trade.commands/1712-0`.
  package var id: String { "\(tag)/\(position)" }

  /// Names the command in it for good, as the door would have or has. Throws where its sender named it wrongly.
  func commandid() throws(FieldError) -> String {
    if isOfInlet { return try CommandName.entry(fields, id: entry, inlet: stream) }
    return try Caller.name(in: fields) ?? "\(stream)/\(entry)"
  }

  /// Where on its shard's journal the event in it lies; nil for a command.
  var event: EntryID? {
    if stream == "{\(tag)}:events" { return EntryID(entry) }
    // One that was handed back and put aside once more.
    return ReplayedEvent.position(in: fields)
  }

  /// What was asked for, where a door had said so.
  func digest() throws(FieldError) -> CommandDigest? {
    isOfInlet ? nil : try Caller(fields: fields)?.digest
  }

  private var isOfInlet: Bool { DecidingWorker.allCases.contains { Key.inlet($0) == stream } }

  /// The worker that takes it; nil for an event of the journal, which is no command.
  var recipient: DecidingWorker? {
    DecidingWorker.allCases.first { stream == Key.inlet($0) || stream.hasSuffix("}:\($0.commands)") }
  }

  /// The stream that keeps it.
  var key: String { LaneName(worker: worker, tag: "{\(tag)}").deadLetters }
}

extension DeadLetter {
  /// When it died, ISO 8601 in UTC.
  package var time: String { position.timestamp }

  /// One line, its parts apart by tabs: id, worker, time, reason, field, message.
  package var line: String {
    [id, worker, time, reason, wrong, message].map(\.printable).joined(separator: "\t")
  }

  /// Everything, a line each.
  package var text: String {
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
  package var json: String {
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
