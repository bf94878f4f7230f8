import Doors
import Lanes
import Market
import Redis

/// An event of a journal, with everything that people filter by.
package struct JournalLine: Sendable {
  package let shard: Shard
  package let id: EntryID
  package let fields: Fields

  package init(shard: Shard, id: EntryID, fields: Fields) {
    self.shard = shard
    self.id = id
    self.fields = fields
  }

  /// Reads an entry of `XRANGE` or `XREAD`.
  init?(shard: Shard, entry: Reply) {
    guard let entry = StreamEntry(entry) else { return nil }
    self.init(shard: shard, id: entry.id, fields: entry.shown)
  }

  package var type: String { fields["type"] ?? "?" }

  /// The id of the command behind it; empty if it names none.
  var commandid: String { fields["commandid"] ?? "" }

  /// The door of the command behind it.
  var way: String { CommandName.way(of: commandid)?.rawValue ?? "door" }

  /// The worker that emitted it.
  package var worker: String {
    if let step = Event.steps.first(where: { $0.rawValue == type }) { return step.worker.rawValue }
    return fields["command"].flatMap { CommandKind(rawValue: $0) }?.worker.rawValue ?? "?"
  }

  /// The reservation it is about, if it is about one.
  package var reserveid: String? {
    fields["reserveid"] ?? (DealStep(rawValue: type)?.worker == .reservation ? fields["id"] : nil)
  }

  /// The listing it is about, if it is about one.
  package var tradeid: String? {
    fields["tradeid"] ?? (ListingStep(rawValue: type) != nil ? fields["id"] : nil)
  }

  /// The most important fields.
  package var summary: Fields {
    Fields(
      [
        "reserveid", "tradeid", "userid", "seller", "qty", "onhand", "onhold", "status", "reason", "until",
        "actor",
      ]
      .compactMap { name in
        let value = name == "reserveid" ? reserveid : name == "tradeid" ? tradeid : fields[name]
        return value.map { (name, $0) }
      })
  }
}
