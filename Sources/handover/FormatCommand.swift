import ArgumentParser
import Foundation
import Keys
import Operations
import Redis
import Runtime
import Workers

/// Shows the format of the data, and raises it.
struct FormatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "format", abstract: "Shows which format of the data is written, and who can read which.",
    discussion: """
      EXAMPLES
        handover format
        handover format hold      before an upgrade that you want to be able to take back
        handover format raise
        handover format auto

      A release reads all formats up to its own, and writes the one that all living replicas can read. It is raised by
      itself once they all can, unless it is held; it never goes back. Until it is raised, the release before can be
      started again.
      """)

  enum Action: String, ExpressibleByArgument, CaseIterable {
    /// Shows it.
    case show
    /// Keeps it as it is until `raise` or `auto`.
    case hold
    /// Raises it by one now.
    case raise
    /// Lets it be raised by itself again.
    case auto
  }

  @Argument(
    help: ArgumentHelp(
      "show; hold: keep it as it is; raise: raise it by one, now; auto: let it be raised by itself again."))
  var action = Action.show

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    let lines = try await Start.onThread { [action, json] in
      let link = try RedisDeployment(of: url).connect()
      // A Redis of another kind must not get a format.
      _ = try link.shardCount()
      try Self.carryOut(action, on: link)
      let (format, fleet) = (try FormatState(on: link), try Fleet(on: link))
      return json ? [try Self.encoded(format, fleet)] : Self.text(format, fleet)
    }
    try Output.write(lines)
  }

  private static func carryOut(_ action: Action, on link: any RedisLink) throws {
    switch action {
    case .show: break
    case .hold, .auto:
      try noted(action.rawValue, on: link) {
        try FormatState.hold(action == .hold, on: link)
        return action == .hold ? "held" : "rises by itself"
      }
    case .raise:
      let format = try FormatState(on: link)
      guard format.writes < DataFormat.current else {
        throw StartError(
          "Format \(format.writes) is written already, and \(Release.version) knows no later one.")
      }
      let next = format.writes + 1
      if let obstacle = try Fleet(on: link).obstacle(to: next) {
        throw StartError("Format \(next) cannot be written: \(obstacle).")
      }
      try noted("raise to \(next)", on: link) {
        guard try format.raise(isAsked: true, on: link) else {
          throw StartError("Somebody else has changed the format just now: look again.")
        }
        return "format \(next) is written"
      }
    }
  }

  /// Does something between two entries of the operators' log: that it is meant, and what came of it.
  private static func noted(_ subject: String, on link: any RedisLink, _ work: () throws -> String) throws {
    OperatorLog.note(.format, subject, on: link)
    let result = Result { try work() }
    let told =
      switch result {
      case .success(let result): result
      case .failure(let error): "failed: \(error)"
      }
    OperatorLog.note(.format, subject, result: told, on: link)
    _ = try result.get()
  }

  private static func text(_ format: FormatState, _ fleet: Fleet) -> [String] {
    var lines = ["format \(format.writes), raised by \(format.release ?? "no release yet")"]
    if let obstacle = format.obstacle {
      lines.append(obstacle)
    } else if format.writes < DataFormat.current {
      let next = format.writes + 1
      let held = format.isHeld ? "it is held: handover format raise, or auto" : nil
      let waits = fleet.obstacle(to: next) ?? held ?? "all replicas can follow: in seconds"
      lines.append("format \(next) waits: \(waits)")
    }
    if format.isHeld, format.writes >= DataFormat.current { lines.append("held") }
    var table = TextTable("role", "replica", "reads", "release")
    for member in fleet.members {
      table.add(
        member.role, member.name.printable, "\(member.reads)", member.release?.printable ?? "before 1.5")
    }
    return lines + ["", table.description]
  }

  private struct Image: Encodable {
    struct Replica: Encodable {
      let role: String
      let name: String
      let reads: Int
      let release: String?
    }

    let writes: Int
    let by: String?
    let hold: Bool
    let reads: Int
    let release: String
    let waitsFor: String?
    let replicas: [Replica]
  }

  private static func encoded(_ format: FormatState, _ fleet: Fleet) throws -> String {
    let image = Image(
      writes: format.writes, by: format.release, hold: format.isHeld, reads: DataFormat.current,
      release: Release.version,
      waitsFor: format.writes < DataFormat.current ? fleet.obstacle(to: format.writes + 1) : nil,
      replicas: fleet.members.map {
        .init(role: $0.role, name: $0.name, reads: $0.reads, release: $0.release)
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(image), as: UTF8.self)
  }
}
