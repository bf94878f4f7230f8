import Foundation
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import Operations

/// The archive: what is stored of it, and the lines of its files, which outlive every release.
@Suite struct FrozenFormTests {
  private static let moment = Moment(milliseconds: 1_795_361_246_702)

  private static func sample(_ entity: Entity) throws -> ArchiveRecord {
    let fields: Fields = [
      "entity": entity.rawValue, "id": "7", "productid": "100", "endedAt": moment.description,
      "record": Fields([("userid", "김민지"), ("status", "거래완료"), ("endedAt", moment.description)]).packed,
    ]
    return try record(fields)
  }

  /// Reads the fields of an entry of the third shard's archive.
  private static func record(_ fields: Fields) throws -> ArchiveRecord {
    try ArchiveRecord(fields, at: EntryID(milliseconds: 1_795_361_300_000, sequence: 3), in: Shard(3))
  }

  @Test(arguments: Entity.allCases)
  func `the stored forms of what has left stay the same`(entity: Entity) throws {
    let sample = try Self.sample(entity)
    try Golden.text(
      "archive \(entity.rawValue)", now: Golden.text(of: sample.fields.map { ($0.name, $0.value) }))
    try Golden.text("line \(entity.rawValue)", now: sample.line)
  }

  @Test(arguments: try Golden.forms())
  func `every form that a release has written is read, and nothing of it is lost`(form: Golden.Form) throws {
    #expect(try Self.again(form) == form.text)
  }

  @Test func `no frozen form was changed`() throws { #expect(try Golden.changes() == []) }

  /// Reads a form, and returns how it is written again; nil if there is no reader of it.
  private static func again(_ form: Golden.Form) throws -> String? {
    if form.name.hasPrefix("archive ") {
      let read = try record(Fields(Golden.fields(of: form.text)))
      return Golden.text(of: read.fields.map { ($0.name, $0.value) })
    }
    return form.name.hasPrefix("line ") ? try ArchiveRecord(line: form.text.utf8)?.line : nil
  }
}
