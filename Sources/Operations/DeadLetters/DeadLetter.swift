import Doors
import Foundation
import Keys
import Lanes
import Market

/// An entry that a worker could not handle: the reason and its raw fields.
package struct DeadLetter: Sendable {
  /// The hash tag of its slot: a shard's number, or an inlet's name.
  package let tag: String
  /// Its entry id among the dead letters, and so the time when it was put aside.
  package let position: EntryID
  package let worker: String
  /// The stream it came from.
  package let stream: String
  package let entry: String
  package let reason: String
  /// The field that is wrong.
  package let wrong: String
  package let message: String
  /// The entry's full size in bytes, if only a part of it was kept; otherwise nil.
  package let cut: String?
  /// The entry's own fields.
  package let fields: Fields

  init(_ entry: StreamEntry, tag: String) {
    self.tag = tag
    let facts = entry.shown
    position = entry.id
    worker = facts["worker"] ?? ""
    stream = facts["stream"] ?? ""
    self.entry = facts["entry"] ?? ""
    reason = facts["reason"] ?? ""
    wrong = facts["wrong"] ?? ""
    message = facts["message"] ?? ""
    cut = facts["cut"]
    // By bytes: a name that begins with a combining mark forms one `Character` with the colon before it.
    let mark = "field:".utf8
    fields = Fields(
      facts.filter { $0.name.utf8.starts(with: mark) }.map {
        (String(decoding: $0.name.utf8.dropFirst(mark.count), as: UTF8.self), $0.value)
      })
  }

  /// The id that an operator uses: `3/1712-0`, `trade.commands/1712-0`.
  package var id: String { "\(tag)/\(position)" }

  /// Returns the command id that the door gave it, or would give it. Throws if the sender's id is invalid.
  func commandid() throws(FieldError) -> String {
    if isOfInlet { return try CommandName.entry(fields, id: entry, inlet: stream) }
    return try Caller.name(in: fields) ?? "\(stream)/\(entry)"
  }

  /// The position of its event on the shard's journal; nil for a command.
  var event: EntryID? {
    if stream == "{\(tag)}:events" { return EntryID(entry) }
    // An event that was handed back and put aside again.
    return ReplayedEvent.position(in: fields)
  }

  /// Whether it is something that has happened, an event or a timer that came due, and no command.
  package var isEvent: Bool { event != nil || isTimer }

  /// Whether it is a timer that had come due. No inlet lets one in.
  var isTimer: Bool { !isOfInlet && Timer.isOne(fields) }

  /// Returns the digest that a door had added, if any.
  func digest() throws(FieldError) -> CommandDigest? {
    isOfInlet ? nil : try Caller(fields: fields)?.digest
  }

  /// Returns the user whom a door had named, if any. In an inlet's entry, such fields mean nothing.
  func actor() throws(FieldError) -> ActingUser? { isOfInlet ? nil : try ActingUser(fields: fields) }

  private var isOfInlet: Bool { DecidingWorker.allCases.contains { Key.inlet($0) == stream } }

  /// The worker that takes the command; nil for an event of the journal.
  var recipient: DecidingWorker? {
    DecidingWorker.allCases.first { stream == Key.inlet($0) || stream.hasSuffix("}:\($0.commands)") }
  }

  /// The stream that holds it.
  var key: String { LaneName(worker: worker, tag: "{\(tag)}").deadLetters }
}

extension DeadLetter {
  /// When it was put aside, ISO 8601 in UTC.
  package var time: String { position.timestamp }

  /// One line, separated by tabs: id, worker, time, reason, field, message.
  package var line: String {
    [id, worker, time, reason, wrong, message].map(\.printable).joined(separator: "\t")
  }

  /// Everything, one fact per line.
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
  /// A JSON array with everything; fields are pairs, because a name can occur twice.
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
