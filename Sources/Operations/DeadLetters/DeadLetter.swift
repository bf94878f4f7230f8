import Doors
import Keys
import Lanes
import Market

/// An entry that a worker could not handle, with what is wrong and its raw fields.
public struct DeadLetter: Sendable {
  /// The tag of the slot that keeps it: a shard's number, or an inlet's name.
  public let tag: String
  /// Its place among the dead letters, and so when it was put there.
  public let position: EntryID
  public let worker: String
  /// Where it came from.
  public let stream: String
  public let entry: String
  public let reason: String
  /// The field that is wrong.
  public let wrong: String
  public let message: String
  /// How many bytes the entry had of which only a part was kept; nil where all of it is here.
  public let cut: String?
  /// What it says itself.
  public let fields: Fields

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
  public var id: String { "\(tag)/\(position)" }

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
