import ArgumentParser
import Foundation
import Logging
import Market
import Operations
import Redis
import Runtime

struct BackupCheck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Restores a backup into a private server, lets it run there, and audits it.",
    discussion: """
      It needs no Redis but redis-server, and about twice the memory of the data. Exit status: 0 if the backup is good,
      1 otherwise.
      """)

  /// How long a restored system can take to come to rest, in seconds.
  static let usualWait = 600

  @Argument(help: "A backup, or a folder of backups: then the newest one.")
  var folder: String

  @Option(help: ArgumentHelp("How long it can take until everything in it is done.", valueName: "seconds"))
  var wait = usualWait

  @OptionGroup var settings: Settings

  func run() async throws {
    let (folder, wait, logger) = (folder, max(0, wait), try Self.logger(settings))
    let isGood = try await Start.onThread {
      let stored = try StoredBackup(folder)
      try Output.write(["\(stored.folder.path): \(stored.summary)"])
      return try Self.check(stored, waiting: wait, logger: logger)
    }
    if !isGood { throw ExitCode.failure }
  }

  /// A logger for what workers say: only that they fail.
  static func logger(_ settings: Settings) throws -> Logger {
    var logger = try settings.logger("handover")
    logger.logLevel = .error
    return logger
  }

  /// Tries a backup, and prints what comes of it. Returns whether it is good.
  static func check(_ backup: StoredBackup, waiting seconds: Int, logger: Logger) throws -> Bool {
    try backup.verify()
    return try PrivateRedis.passing { url in
      let redis = try RedisDeployment(of: url)
      let summary = try Restoration(backup, to: redis).run(
        open: open(for: backup), onProgress: showProgress)
      try Output.write(summary.lines)
      let trial = try Trial(
        of: redis, repairs: backup.manifest.files.count > 1, waiting: .seconds(seconds), logger: logger)
      if trial.repaired > 0 {
        try Output.write([
          "\(trial.repaired) records were repaired that lie on other servers than what they follow from."
        ])
      }
      let isGood = trial.report.isClean && trial.report.isAtRest
      try Output.write([trial.report.text, "", isGood ? "The backup is good." : "The backup is not good."])
      return isGood
    }
  }

  /// Shows people how many keys are there by now.
  static func showProgress(_ keys: Int) {
    guard isatty(2) == 1 else { return }
    FileHandle.standardError.write(Data("\r\(keys) keys".utf8))
  }

  /// Returns what starts a private server with a file's data, and passes a connection to it.
  static func open(
    for backup: StoredBackup
  ) -> (URL, (RedisConnection) throws -> Void) throws -> Void {
    { file, body in
      try PrivateRedis.passing(with: file) { url in
        var url = url
        url.database = backup.manifest.database
        try body(RedisConnection(url))
      }
    }
  }
}

extension Restoration.Summary {
  /// What was restored, for people.
  var lines: [String] {
    var lines = ["\(keys) keys are restored."]
    if let last {
      lines.append("The last event is \(last.type) of \(last.moment), in shard \(last.shard.index).")
    } else {
      lines.append("It has no events.")
    }
    if reread > 0 {
      lines.append(
        "The inlets read \(reread) commands again, of which \(done) had happened and are not repeated.")
    }
    return lines
  }
}
