import ArgumentParser
import Gateway
import Health
import Logging
import Redis

/// What the HTTP ingress takes besides the common settings.
public struct IngressSettings: ParsableArguments, Sendable {
  @Option(
    help: ArgumentHelp(
      "The port to listen on.", discussion: "HANDOVER_PORT; 8088 if neither is given.", valueName: "port"))
  public var port: Int?

  @Option(
    name: .customLong("cors-origins"),
    help: ArgumentHelp(
      "Which origins' pages may call, separated by commas.",
      discussion: "HANDOVER_CORS_ORIGINS; every origin if neither is given.", valueName: "origins"))
  public var corsOrigins: String?

  @Option(
    name: .customLong("backlog-limit"),
    help: ArgumentHelp(
      "How many entries a worker may be behind in a shard before the shard takes nothing more in.",
      discussion: "HANDOVER_BACKLOG_LIMIT; 100000 if neither is given.", valueName: "entries"))
  public var backlogLimit: Int?

  public init() {}

  public func gateway(redis: RedisURL, shards: Int, logger: Logger) throws -> Gateway {
    var options = GatewayOptions(shards: shards, redis: redis)
    options.port = try Settings.number(port, "--port", or: "handover.port", in: 0...65535) ?? options.port
    options.allowedOrigins = (corsOrigins ?? Settings.text("handover.cors.origins"))?
      .split(separator: ",").map { $0.trimmingPrefix(" ").description }
    options.backlogLimit =
      try Settings.number(
        backlogLimit, "--backlog-limit", or: "handover.backlog.limit", in: 1...1_000_000_000)
      ?? options.backlogLimit
    options.metrics = Observability.telemetry.exposition
    let health = Health(allowsDown: Settings.text("handover.actuator.down") == "true")
    return Gateway(options: options, health: health, logger: logger) { port in
      logger.info("listening", metadata: ["port": "\(port)"])
    }
  }
}
