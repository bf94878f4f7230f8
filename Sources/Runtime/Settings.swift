import ArgumentParser
import Configuration
import Doors
import Logging
import Redis
import Synchronization

/// The settings common to all executables: from a flag, or else from the environment.
package struct Settings: ParsableArguments {
  @Option(
    name: .customLong("redis-url"),
    help: ArgumentHelp(
      """
      The URL of Redis: redis://[user:password@]host[:port][/db], unix:///path, \
      redis-sentinel://[user:password@]host[:port],host[:port]/name, or, for a cluster, one or more of its nodes: \
      redis://[user:password@]host[:port],host[:port].
      """,
      discussion: """
        HANDOVER_REDIS_URL, or a file with it: HANDOVER_REDIS_URL_FILE; \(usualRedis) if none is given. \
        rediss:// and rediss-sentinel:// encrypt, with HANDOVER_REDIS_CA_FILE, HANDOVER_REDIS_CERT_FILE, \
        HANDOVER_REDIS_KEY_FILE and HANDOVER_REDIS_SERVER_NAME. HANDOVER_REDIS_USER and \
        HANDOVER_REDIS_PASSWORD_FILE, or HANDOVER_REDIS_PASSWORD, sign in.
        """, valueName: "url"))
  package var redisURL: String?

  @Option(
    help: ArgumentHelp(
      "The number of shards over which the products are distributed.",
      discussion:
        "HANDOVER_SHARDS; fixed at the first start, \(ShardCount.usual) if neither is given, or \(ShardCount.usualOnCluster) on a cluster.",
      valueName: "count"))
  package var shards: Int?

  @Option(
    name: .customLong("log-level"),
    help: ArgumentHelp(
      "trace, debug, info, notice, warning, error or critical.",
      discussion: "<NAME>_LOG_LEVEL (RESERVATION_LOG_LEVEL …), else LOG_LEVEL; info if none is given.",
      valueName: "level"))
  package var logLevel: String?

  @Option(
    name: .customLong("log-format"),
    help: ArgumentHelp(
      "text, or json: one object per line.", discussion: "HANDOVER_LOG_FORMAT; text if neither is given.",
      valueName: "format"))
  package var logFormat: String?

  package init() {}

  /// All addresses of the machine, on which a container must listen.
  package static let anyHost = "0.0.0.0"

  private static let environment = ConfigReader(provider: EnvironmentVariablesProvider())

  /// Returns a text from the environment: `handover.redis.url` is `HANDOVER_REDIS_URL`. Empty counts as not
  /// set.
  package static func text(_ key: String) -> String? {
    environment.string(forKey: ConfigKey(key)).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Returns the environment variable of a setting.
  static func variable(_ key: String) -> String { key.uppercased().replacing(".", with: "_") }

  /// Returns a whole number from a flag, or else from the environment. Throws if it is not a number or out of
  /// range.
  package static func number(
    _ flag: Int?, _ name: String, or key: String, in range: ClosedRange<Int>
  ) throws -> Int? {
    let (name, text) =
      flag.map { (name, "\($0)") } ?? (variable(key), self.text(key) ?? "")
    if text.isEmpty { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw ValidationError(
        "\(name) is “\(text)”: it must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  /// Returns the number of shards that was set, if any.
  package func wantedShards() throws -> Int? {
    try Self.number(shards, "--shards", or: "handover.shards", in: ShardCount.allowed)
  }

  /// Returns how many entries a deciding worker can be behind in a shard before the shard accepts no more
  /// commands. The ingress has a flag for it; the environment applies to the ingress and the inlets.
  package static func backlogLimit(_ flag: Int?) throws -> Int {
    try number(flag, "--backlog-limit", or: "handover.backlog.limit", in: 1...1_000_000_000)
      ?? ShardBacklog.usualLimit
  }

  private static let isLogSet = Mutex(false)

  /// Returns a logger for the named part of the system, at the level set for it.
  package func logger(_ name: String) throws -> Logger {
    let make: @Sendable (String) -> any LogHandler =
      switch logFormat ?? Self.text("handover.log.format") ?? "text" {
      case "text": { StreamLogHandler(label: $0, stream: LogLines()) }
      case "json": { JSONLogHandler(label: $0) }
      case let other:
        throw ValidationError("The log format “\(other)” is unknown: it must be text or json.")
      }
    // Applies to loggers created elsewhere too; a process has one log format.
    Self.isLogSet.withLock { isSet in
      if !isSet { LoggingSystem.bootstrap(make) }
      isSet = true
    }
    var logger = Logger(label: name)
    if let text = logLevel ?? Self.text("\(name).log.level") ?? Self.text("log.level") {
      guard let level = Logger.Level(rawValue: text.lowercased()) ?? Self.springLevels[text.uppercased()]
      else {
        let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("The log level “\(text)” is unknown: it must be one of \(levels).")
      }
      logger.logLevel = level
    }
    return logger
  }

  /// Level names of other platforms, which existing ConfigMaps can contain.
  private static let springLevels: [String: Logger.Level] = ["WARN": .warning, "FATAL": .critical]
}
