import ArgumentParser
import Foundation
import Operations
import Redis
import Runtime

struct BackupRestore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Puts a backup into an empty Redis, on however many servers.",
    discussion: """
      Stop all workers and ingresses first. If it is interrupted, run it again: until it is finished, they wait.
      """)

  @Argument(help: "A backup, or a folder of backups: then the newest one.")
  var folder: String

  @OptionGroup var settings: Settings

  func run() async throws {
    let (folder, url) = (folder, try settings.redis())
    try await Start.onThread {
      let stored = try StoredBackup(folder)
      try Output.write(["\(stored.folder.path): \(stored.summary)"])
      try stored.verify()
      let summary = try Restoration(stored, to: RedisDeployment(of: url)).run(
        open: BackupCheck.open(for: stored))
      let repair = stored.manifest.files.count > 1 ? " --repair" : ""
      try Output.write(
        summary.lines + [
          "New ids begin \(summary.leap) later, so that none is given twice.",
          "",
          "What came after \(stored.manifest.begun) is lost. What clients sent since then, they have to send again, under the",
          "same Idempotency-Key: what is there already does not happen twice.",
          "",
          "Now start the workers and the ingresses, and then run: handover audit --wait 60\(repair)",
        ])
    }
  }
}
