import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime

/// Shows the history of one deal.
struct TimelineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline", abstract: "Shows every command, event and notice of one deal.",
    discussion: """
      EXAMPLES
        handover timeline reserve 17
        handover timeline trade 1
        handover timeline product 100 --json
        handover timeline reserve 12 --from /archive

      The second column is the time since the previous line, in milliseconds.
      """)

  @Argument(help: "reserve, trade or product.")
  var subject: Timeline.Subject

  @Argument(help: "Its id.")
  var id: Int

  @Flag(help: "Print one JSON object per line.")
  var json = false

  @OptionGroup var place: ArchivePlace

  @OptionGroup var settings: Settings

  func run() async throws {
    let (url, subject, id, folder) = (try settings.redis(), subject, id, place.folder)
    let timeline = try await Start.onThread {
      try Timeline(of: subject, id, RedisDeployment(of: url).connect(), archive: folder)
    }
    if json {
      return try Output.write(timeline.moments.map(Self.encoded))
    }
    var table = TextTable("time", "+ms", "entry", "by", "what", "")
    var last: UInt64?
    for moment in timeline.moments {
      let now = moment.line.id.milliseconds
      let isNotice = moment.kind == .notice
      table.add(
        moment.line.id.timestamp, last.map { "\(now - $0)" } ?? "", isNotice ? "" : "\(moment.line.id)",
        moment.actor,
        isNotice ? "notice" : moment.line.type, moment.text,
      )
      last = now
    }
    try Output.write([table.description])
  }

  private static func encoded(_ moment: Timeline.Moment) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let object = [
      "kind": moment.kind.rawValue, "entry": "\(moment.line.id)", "time": moment.line.id.timestamp,
      "by": moment.actor, "type": moment.line.type, "text": moment.text,
    ]
    return String(decoding: try encoder.encode(object), as: UTF8.self).printableJSON
  }
}

extension Timeline.Subject: ExpressibleByArgument {}
