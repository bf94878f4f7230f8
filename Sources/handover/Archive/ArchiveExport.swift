import ArgumentParser
import Foundation
import Market
import Operations
import Redis
import Runtime
import Workers

struct ArchiveExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes what has left to files, by day and shard, and removes it from Redis.",
    discussion: """
      A line of FOLDER/2026-11-27/3.ndjson is a reservation, a trade or an inventory. It is removed from Redis once it is
      on the disk. If this is interrupted, run it again: nothing is lost, and no line is there twice.
      """)

  @Option(help: ArgumentHelp("Where the files are.", valueName: "folder"))
  var to: String

  @Option(help: ArgumentHelp("Do it again and again, until it is told to stop.", valueName: "minutes"))
  var every: Int?

  @OptionGroup var keep: KeepSettings
  @OptionGroup var settings: Settings

  func validate() throws {
    if let every, !(1...100_000).contains(every) {
      throw ValidationError("--every must be from 1 to 100000.")
    }
  }

  func run() async throws {
    let (url, folder, every) = (try settings.redis(), ArchiveFolder(to), every)
    var policy = Policy()
    try keep.apply(to: &policy)
    let keepEnded = policy.keepEnded
    guard let every else {
      return print(try await Start.onThread { try Self.export(from: url, to: folder, keepEnded) })
    }
    try await Repetition(every: .seconds(60 * every)).run {
      try Output.write([try await Start.onThread { try Self.export(from: url, to: folder, keepEnded) }])
    }
  }

  /// Does it once, and returns what came of it.
  private static func export(from url: RedisURL, to folder: ArchiveFolder, _ keepEnded: Int) throws -> String
  {
    let redis = try RedisDeployment(of: url)
    return try RebuildLock.hold(on: redis) {
      let connection = try redis.connect()
      let count = try Archiver(connection, to: folder).run()
      try connection.forgetDigests()
      var older = try OlderEnds(connection)
      let sent = try older.send(keeping: keepEnded)
      let more = sent == 0 ? "" : " \(sent) that older releases ended are on their way to the archive."
      return "\(count) records are in \(folder.folder.path) now.\(more)"
    }
  }
}
