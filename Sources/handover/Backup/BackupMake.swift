import ArgumentParser
import Foundation
import Logging
import Operations
import Redis
import Runtime

struct BackupMake: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make", abstract: "Copies the data of all servers into a new folder, while everything runs.",
    discussion: """
      Each backup is a folder of FOLDER that is named after its time. It is complete once it has backup.json.
      Exit status: 0 if the backup is there and, with --check, was found to be good; 1 otherwise.
      """)

  @Option(help: ArgumentHelp("Where the backups are.", valueName: "folder"))
  var to: String

  @Flag(help: "Try the backup at once, as handover backup check does.")
  var check = false

  @Option(help: ArgumentHelp("Remove all but the newest ones, once this one is good.", valueName: "count"))
  var keep: Int?

  @Option(help: ArgumentHelp("Do it again and again, until it is told to stop.", valueName: "minutes"))
  var every: Int?

  @OptionGroup var settings: Settings

  func validate() throws {
    if let keep, !(1...10_000).contains(keep) { throw ValidationError("--keep must be from 1 to 10000.") }
    if let every, !(1...100_000).contains(every) {
      throw ValidationError("--every must be from 1 to 100000.")
    }
  }

  func run() async throws {
    let (url, logger) = (try settings.redis(), try BackupCheck.logger(settings))
    guard let every else {
      guard try await once(url, logger) else { throw ExitCode.failure }
      return
    }
    try await Repetition(every: .seconds(60 * every)).run { _ = try await once(url, logger) }
  }

  /// Makes one. Returns whether it is good.
  private func once(_ url: RedisURL, _ logger: Logger) async throws -> Bool {
    let (folder, check, keep) = (to, check, keep)
    return try await Start.onThread {
      let backup = Backup(of: try RedisDeployment(of: url), to: folder)
      let stored = try backup.run(snapshot: Snapshot.write)
      try Output.write(["\(stored.folder.path): \(stored.summary)"])
      if check {
        guard try BackupCheck.check(stored, waiting: BackupCheck.usualWait, logger: logger) else {
          return false
        }
        try backup.note(checked: stored)
      }
      if let keep {
        let count = try backup.prune(keeping: keep)
        if count > 0 { try Output.write(["\(count) older \(count == 1 ? "one was" : "ones were") removed."]) }
      }
      return true
    }
  }
}

extension StoredBackup {
  /// What it is, in a few words.
  var summary: String {
    let servers = manifest.files.count
    return """
      \(servers) \(servers == 1 ? "server" : "servers"), \(manifest.bytes) bytes, begun \(manifest.begun) and ended \
      \(manifest.ended), by release \(manifest.release) of data of format \(manifest.format)
      """
  }
}
