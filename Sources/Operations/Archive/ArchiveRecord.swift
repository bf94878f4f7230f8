import Foundation
import Lanes
import Market

/// Something that has ended and left Redis, as the archive keeps it.
package struct ArchiveRecord: Equatable, Sendable {
  package let entity: Entity
  package let id: Int
  package let productid: Int
  package let shard: Shard
  /// Its place in the stream of its shard.
  package let entry: EntryID
  /// When it ended; nil if an older release did not note that.
  package let endedAt: Moment?
  /// All that was stored of it.
  package var record: Fields

  /// When it left, in ISO 8601.
  package var archivedAt: String { entry.timestamp }

  /// The day on which it left, in UTC, such as `2026-11-27`.
  package var day: String { String(entry.timestamp.prefix(10)) }

  /// Reads an entry of a shard's archive. Throws if it is none.
  init(_ entry: StreamEntry, in shard: Shard) throws(ArchiveError) {
    try self.init(entry.shown, at: entry.id, in: shard)
  }

  /// - Parameter position: The entry's place in the shard's archive.
  init(_ fields: Fields, at position: EntryID, in shard: Shard) throws(ArchiveError) {
    guard let entity = fields["entity"].flatMap({ Entity(rawValue: $0) }),
      let id = fields["id"].flatMap({ Int($0) }), let productid = fields["productid"].flatMap({ Int($0) }),
      let record = fields["record"].flatMap({ Fields(packed: $0) })
    else { throw ArchiveError("Entry \(position) in the archive of shard \(shard.index) is no record.") }
    self.entity = entity
    self.id = id
    self.productid = productid
    self.shard = shard
    entry = position
    self.record = record
    endedAt = fields["endedAt"].flatMap { Moment($0) }
  }

  /// The fields of its entry.
  var fields: Fields {
    var fields: Fields = ["entity": entity.rawValue, "id": "\(id)", "productid": "\(productid)"]
    if let endedAt { fields.append("endedAt", endedAt.description) }
    fields.append("record", record.packed)
    return fields
  }
}

/// A file's line: the same record has always the same line.
extension ArchiveRecord {
  private struct Line: Codable {
    var entity: String
    var id: Int
    var productid: Int
    var shard: Int
    var entry: String
    var archivedAt: String
    var endedAt: String?
    var record: [String: String]
  }

  /// A JSON object without a line break.
  package var line: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let line = Line(
        entity: entity.rawValue, id: id, productid: productid, shard: shard.index, entry: "\(entry)",
        archivedAt: archivedAt, endedAt: endedAt?.description,
        record: Dictionary(record.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
      return String(decoding: try encoder.encode(line), as: UTF8.self).printableJSON
    }
  }

  /// Reads a line of a file; nil if it is none.
  package init?(line: some Sequence<UInt8>) {
    guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
      let entity = Entity(rawValue: line.entity), let entry = EntryID(line.entry), line.shard >= 0
    else { return nil }
    self.entity = entity
    id = line.id
    productid = line.productid
    shard = Shard(line.shard)
    self.entry = entry
    endedAt = line.endedAt.flatMap { Moment($0) }
    record = Fields(line.record.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }
}

/// Why the archive cannot be written or read.
package struct ArchiveError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
