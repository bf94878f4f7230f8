import Foundation
import Keys
import Lanes
import Market
import Redis

/// Everything about a person, as one JSON document that is written piece by piece.
package struct PersonExport {
  private let userid: String
  private let connection: any RedisLink
  private let folder: ArchiveFolder?
  private let traces: PersonTraces

  package init(of userid: String, on connection: any RedisLink, archive folder: ArchiveFolder?) {
    (self.userid, self.connection, self.folder) = (userid, connection, folder)
    traces = PersonTraces(of: userid, on: connection)
  }

  /// Passes the lines of the document to `write`: `things` has an object for each, with where it comes from.
  package func run(_ write: (String) throws -> Void) throws {
    try write("{\"userid\":\(try Self.json(userid)),\"things\":[")
    var isFirst = true
    func tell(_ kind: String, _ place: String, _ fields: Fields) throws {
      let thing = Thing(
        kind: kind, from: place,
        fields: Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
      try write((isFirst ? "" : ",") + Self.json(thing))
      isFirst = false
    }
    try traces.each { trace in try tell(trace.entity.rawValue, trace.key, trace.fields) }
    try tellPages(tell)
    for shard in (0..<(try connection.shardCount())).map({ Shard($0) }) {
      try connection.eachArchived(of: shard) { record in
        if isNamed(in: record.record) {
          try tell("archived \(record.entity.rawValue)", Key.archive(of: shard), record.record)
        }
      }
      var streams = [("event", Key.journal(of: shard)), ("status", Key.status(of: shard))]
      streams += DecidingWorker.allCases.map { ("command", Key.commands($0, in: shard)) }
      if shard.index == 0 { streams += DecidingWorker.allCases.map { ("command", Key.inlet($0)) } }
      for (kind, stream) in streams {
        try eachEntry(of: stream) { entry in
          let fields = entry.shown
          if isNamed(in: fields) { try tell(kind, "\(stream) \(entry.id)", fields) }
        }
      }
    }
    try folder?.each { record in
      if isNamed(in: record.record) {
        try tell(
          "archived \(record.entity.rawValue)", "\(record.day)/\(record.shard.index).ndjson", record.record)
      }
    }
    for letter in try DeadLetterOffice(connection).letters() where isNamed(in: letter.fields) {
      try tell("dead letter", letter.id, letter.fields)
    }
    try write("]}")
  }

  private func tellPages(_ tell: (String, String, Fields) throws -> Void) throws {
    let list = Key.mypage(of: userid)
    for (member, _) in try connection.members(of: list) {
      guard let id = MypageRowID(member) else { continue }
      let key = Key.mypageRows(of: id.reserveid, in: id.shard)
      let stored = try connection.call("HGET", key, "\(id.reserveid)").string
      if let fields = stored.flatMap({ id.fields(stored: $0) }) {
        try tell("my page", "\(list) \(member)", fields)
      }
    }
    let notices = Key.notices(of: userid)
    for name in try connection.call("HKEYS", notices).compactMap(\.string).sorted() {
      let stored = try connection.call("HGET", notices, name).string
      if let stored, let fields = NoticeID(own: name, of: userid)?.fields(stored: stored) {
        try tell("notice", "\(notices) \(name)", fields)
      }
    }
  }

  private func isNamed(in fields: Fields) -> Bool {
    fields.contains { ["userid", "seller", "actor", "buyer"].contains($0.name) && traces.isMeant($0.value) }
  }

  private func eachEntry(of stream: String, _ body: (StreamEntry) throws -> Void) throws {
    var failure: (any Error)?
    try connection.readPages(of: stream) { (page) throws(RedisError) in
      if failure != nil { return }
      if case .failure(let error) = Result(catching: { for entry in page { try body(entry) } }) {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private struct Thing: Encodable {
    let kind: String
    let from: String
    let fields: [String: String]
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self).printableJSON
  }
}
