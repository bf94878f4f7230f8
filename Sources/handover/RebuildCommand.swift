import ArgumentParser
import Foundation
import Lanes
import Operations
import Redis
import Runtime
import Workers

/// Rebuilds a read model.
struct RebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Rebuilds notices or my pages from the journals.",
    discussion: """
      EXAMPLES
        handover rebuild notices
        handover rebuild mypages --wait 30

      Missing and wrong records are created again, correct ones are untouched, and nobody is notified twice. Works
      only while the system is idle. Exits with status 1 if it is not, or if something is still wrong afterwards.
      """)

  @Argument(help: "notices or mypages.")
  var kind: ReadModels.Kind

  @Option(help: ArgumentHelp("Wait until all lanes have read everything.", valueName: "seconds"))
  var wait = 10

  @OptionGroup var settings: Settings

  func run() async throws {
    let (url, patience, kind) = (try settings.redis(), Duration.seconds(max(0, wait)), kind)
    let logger = try settings.logger("handover")
    let report = try await Start.onThread {
      let redis = try RedisDeployment(of: url)
      return try RebuildLock.hold(on: redis) {
        let connection = try redis.connect()
        let auditor = Auditor(connection)
        let report = try auditor.run(waiting: patience)
        guard report.isAtRest else { return report }
        OperatorLog.note(.rebuild, kind.rawValue, on: connection)
        let shards = report.shards.indices.map { Shard($0) }
        try ReadModels.clear(shards, on: connection)
        try auditor.forget(report.broken.filter { ($0.kind == .notice) == (kind == .notices) })
        try ReadModels.rebuild(shards, [kind], on: redis, logger: logger, onProgress: Self.show)
        FileHandle.standardError.write(Data("\n".utf8))
        try connection.forgetAgain()
        let rebuilt = try auditor.run(waiting: patience)
        OperatorLog.note(
          .rebuild, kind.rawValue, result: "\(rebuilt.differenceCount) differences left", on: connection)
        return rebuilt
      }
    }
    guard report.isAtRest else {
      throw StartError(
        "The system is not idle: \(report.notes.first ?? "its lanes are behind"). Use --wait.")
    }
    let wrong = report.broken.filter { ($0.kind == .notice) == (kind == .notices) }.count
    print(
      wrong == 0 ? "All \(kind.rawValue) are correct." : "\(wrong) \(kind.rawValue) are still wrong.")
    if wrong > 0 { throw ExitCode.failure }
  }

  private static func show(_ done: Int, _ all: Int) {
    let part = all == 0 ? 1 : min(1, Double(done) / Double(all))
    let width = 40
    let full = Int(part * Double(width))
    let bar = String(repeating: "█", count: full) + String(repeating: "·", count: width - full)
    FileHandle.standardError.write(Data("\r\(bar) \(Int(part * 100)) %  \(done) of \(all) events".utf8))
  }
}

extension ReadModels.Kind: ExpressibleByArgument {}
