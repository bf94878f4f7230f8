import ArgumentParser
import Doors
import Foundation
import HTTPIngress
import Health
import Logging
import Market
import Redis

/// The settings of the HTTP ingress, in addition to the common ones.
package struct IngressSettings: ParsableArguments, Sendable {
  @Option(
    help: ArgumentHelp(
      "The port to listen on.", discussion: "HANDOVER_PORT; \(IngressOptions.usualPort) if neither is given.",
      valueName: "port"))
  package var port: Int?

  @Option(
    help: ArgumentHelp(
      "The address to listen on.",
      discussion:
        "HANDOVER_HOST; \(Settings.anyHost) (all interfaces) if neither is given, 127.0.0.1 (this machine only) for dev.",
      valueName: "address"))
  package var host: String?

  @Option(
    name: .customLong("public-url"),
    help: ArgumentHelp(
      "The URL under which clients reach this server, for links: https://shop.example.",
      discussion: "HANDOVER_PUBLIC_URL; the Host of each request if neither is given.", valueName: "url"))
  package var publicURL: String?

  @Option(
    name: .customLong("trusted-proxies"),
    help: ArgumentHelp(
      "Proxies whose X-Forwarded headers are trusted: addresses and blocks (10.0.0.0/8), with commas.",
      discussion: "HANDOVER_TRUSTED_PROXIES; none if neither is given.", valueName: "addresses"))
  package var trustedProxies: String?

  @Option(
    help: ArgumentHelp(
      "The folder of a front end: serves its files next to the API, and its index.html at /.",
      discussion: "HANDOVER_SITE; no files if neither is given.", valueName: "folder"))
  package var site: String?

  @Option(
    name: .customLong("cors-origins"),
    help: ArgumentHelp(
      "The allowed CORS origins, separated by commas.",
      discussion:
        "HANDOVER_CORS_ORIGINS; if neither is given every origin, or none where callers must sign in.",
      valueName: "origins"))
  package var corsOrigins: String?

  @Option(
    help: ArgumentHelp(
      "The maximum number of open connections; further ones are answered with a 503.",
      discussion: "HANDOVER_CONNECTIONS; \(ServerLimits().connections) if neither is given.",
      valueName: "count"))
  package var connections: Int?

  @Option(
    name: .customLong("connections-per-client"),
    help: ArgumentHelp(
      "The maximum number of open connections of one address, or IPv6 network, that is no trusted proxy.",
      discussion:
        """
        HANDOVER_CONNECTIONS_PER_CLIENT; if neither is given, \(UsualLimits.connections) where callers must sign in, \
        and no limit where they need not. 0 for no limit.
        """, valueName: "count"))
  package var connectionsPerClient: Int?

  @Option(
    name: .customLong("reads-per-minute"),
    help: ArgumentHelp(
      "How many reads each caller can make in a minute; large and sorted pages count as several.",
      discussion:
        """
        HANDOVER_READS_PER_MINUTE; if neither is given, \(UsualLimits.reads) where callers must sign in, and no \
        limit where they need not. 0 for no limit.
        """, valueName: "count"))
  package var readsPerMinute: Int?

  @Option(
    name: .customLong("writes-per-minute"),
    help: ArgumentHelp(
      "How many writes each caller can make in a minute.",
      discussion:
        """
        HANDOVER_WRITES_PER_MINUTE; if neither is given, \(UsualLimits.writes) where callers must sign in, and no \
        limit where they need not. 0 for no limit.
        """, valueName: "count"))
  package var writesPerMinute: Int?

  @Option(
    name: .customLong("health-port"),
    help: ArgumentHelp(
      "A port of their own for health and metrics, which the public port then does not serve.",
      discussion: "HANDOVER_HEALTH_PORT; the public port serves them if neither is given.", valueName: "port")
  )
  package var healthPort: Int?

  @Option(
    name: .customLong("backlog-limit"),
    help: ArgumentHelp(
      "How many entries a worker can be behind in a shard before the shard accepts no more commands.",
      discussion: "HANDOVER_BACKLOG_LIMIT; \(ShardBacklog.usualLimit) if neither is given.",
      valueName: "entries"))
  package var backlogLimit: Int?

  @OptionGroup package var identity: IdentitySettings

  package init() {}

  /// The limits where callers must sign in, unless others are set.
  private enum UsualLimits {
    static let (reads, writes, connections) = (600, 60, 100)
  }

  /// The health of an ingress.
  package func health() -> Health { Health(allowsDown: Settings.text("handover.actuator.down") == "true") }

  /// Returns what serves health and metrics on a port of their own, if one is set.
  ///
  /// - Parameter host: The address to listen on if none is set.
  package func healthService(
    _ health: Health, host: String = Settings.anyHost, logger: Logger
  ) throws -> HealthService? {
    try resolvedHealthPort().map {
      HealthService(health, host: resolvedHost(host), port: $0, logger: logger)
    }
  }

  private func resolvedHost(_ usual: String) -> String { host ?? Settings.text("handover.host") ?? usual }

  private func resolvedHealthPort() throws -> Int? {
    try Settings.number(healthPort, "--health-port", or: "handover.health.port", in: 0...65535)
  }

  /// - Parameters:
  ///   - codes: What makes the codes of handovers; nil for no codes.
  ///   - host: The address to listen on if none is set.
  package func gateway(
    _ system: Start.System, _ health: Health, codes: HandoverCodes?, host: String = Settings.anyHost,
    logger: Logger
  ) throws -> IngressServer {
    var options = IngressOptions(shards: system.shards, redis: system.redis)
    options.codes = codes
    options.restored = system.restored
    try identity.apply(to: &options, logger: logger)
    options.host = resolvedHost(host)
    options.baseURL = try (publicURL ?? Settings.text("handover.public.url")).map { text in
      guard let base = BaseURL(text) else {
        throw ValidationError("The public URL “\(text)” must be http://host[:port] or https://host[:port].")
      }
      return base
    }
    options.trustedProxies = try (trustedProxies ?? Settings.text("handover.trusted.proxies") ?? "")
      .split(separator: ",").map { part in
        let text = part.trimmingCharacters(in: .whitespaces)
        guard let range = AddressRange(text) else {
          throw ValidationError(
            "The trusted proxy “\(text)” must be an address, or a block such as 10.0.0.0/8.")
        }
        return range
      }
    options.port = try Settings.number(port, "--port", or: "handover.port", in: 0...65535) ?? options.port
    options.frontEnd = try (site ?? Settings.text("handover.site")).map { folder in
      guard FileManager.default.fileExists(atPath: "\(folder)/index.html") else {
        throw ValidationError(
          "There is no index.html in \(folder): name the folder of a built front end.")
      }
      return folder
    }
    options.allowedOrigins = try (corsOrigins ?? Settings.text("handover.cors.origins"))?
      .split(separator: ",").map { part in
        let origin = part.trimmingCharacters(in: .whitespaces)
        // Neither `*` nor `null` is one: they would stand for every page.
        guard origin.contains("://"), !origin.hasSuffix("/") else {
          throw ValidationError("The origin “\(origin)” must be scheme://host or scheme://host:port.")
        }
        return origin
      }
    options.limits.connections =
      try Settings.number(connections, "--connections", or: "handover.connections", in: 1...100_000)
      ?? options.limits.connections
    func limit(_ flag: Int?, _ name: String, _ key: String, usual: Int) throws -> Int {
      try Settings.number(flag, name, or: key, in: 0...1_000_000) ?? (options.requiresIdentity ? usual : 0)
    }
    options.limits.connectionsPerClient = try limit(
      connectionsPerClient, "--connections-per-client", "handover.connections.per.client",
      usual: UsualLimits.connections)
    options.readsPerMinute = try limit(
      readsPerMinute, "--reads-per-minute", "handover.reads.per.minute", usual: UsualLimits.reads)
    options.writesPerMinute = try limit(
      writesPerMinute, "--writes-per-minute", "handover.writes.per.minute", usual: UsualLimits.writes)
    options.servesHealth = try resolvedHealthPort() == nil
    options.backlogLimit = try Settings.backlogLimit(backlogLimit)
    options.metrics = Observability.telemetry.exposition
    return IngressServer(options: options, health: health, logger: logger) { port in
      logger.info("listening", metadata: ["port": "\(port)"])
    }
  }
}
