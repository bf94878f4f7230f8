import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime

struct ArchiveShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a reservation, a trade or an inventory that has left.",
    discussion: """
      EXAMPLES
        handover archive show 17
        handover archive show 9 --of trade --from /archive --json
      """)

  @Argument(help: "Its id.")
  var id: Int

  @Option(name: .customLong("of"), help: "reserve, trade or inventory.")
  var entity = Entity.reserve

  @OptionGroup var place: ArchivePlace

  @Flag(help: "Print it as a line of the files.")
  var json = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let (url, entity, id, folder) = (try settings.redis(), entity, id, place.folder)
    let found = try await Start.onThread {
      try ArchivedItem(entity, id, RedisDeployment(of: url).connect(), in: folder)
    }
    guard let found else { throw NotFound("\(entity.rawValue) \(id) in the archive") }
    guard let record = found.record else {
      throw StartError(
        """
        \(entity.rawValue) \(id) of product \(found.productid) left shard \(found.shard.index) on \(found.day), and is \
        \(folder == nil ? "no longer in Redis: say where the files are with --from FOLDER" : "not in these files").
        """)
    }
    if json { return try Output.write([record.line]) }
    var table = TextTable("field", "value")
    for (name, value) in record.record { table.add(name, value) }
    let place = found.isInRedis ? "in Redis still" : "in \(record.day)/\(record.shard.index).ndjson"
    try Output.write([
      "\(entity.rawValue) \(id) of product \(record.productid), shard \(record.shard.index)",
      "ended \(record.endedAt?.description ?? "before that was noted"), left \(record.archivedAt), \(place)",
      "", table.description,
    ])
  }
}

extension Entity: ExpressibleByArgument {}
