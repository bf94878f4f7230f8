import ArgumentParser
import Doors
import Foundation
import HTTPIngress
import Health
import Logging
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
      discussion: "HANDOVER_CORS_ORIGINS; every origin if neither is given.", valueName: "origins"))
  package var corsOrigins: String?

  @Option(
    help: ArgumentHelp(
      "The maximum number of open connections; further ones are answered with a 503.",
      discussion: "HANDOVER_CONNECTIONS; \(ServerLimits().connections) if neither is given.",
      valueName: "count"))
  package var connections: Int?

  @Option(
    name: .customLong("backlog-limit"),
    help: ArgumentHelp(
      "How many entries a worker can be behind in a shard before the shard accepts no more commands.",
      discussion: "HANDOVER_BACKLOG_LIMIT; \(ShardBacklog.usualLimit) if neither is given.",
      valueName: "entries"))
  package var backlogLimit: Int?

  @OptionGroup package var identity: IdentitySettings

  package init() {}

  /// - Parameter host: The address to listen on if none is set.
  package func gateway(
    _ system: Start.System, host: String = Settings.anyHost, logger: Logger
  ) throws -> IngressServer {
    var options = IngressOptions(shards: system.shards, redis: system.redis)
    options.host = self.host ?? Settings.text("handover.host") ?? host
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
    options.allowedOrigins = (corsOrigins ?? Settings.text("handover.cors.origins"))?
      .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    options.limits.connections =
      try Settings.number(connections, "--connections", or: "handover.connections", in: 1...100_000)
      ?? options.limits.connections
    options.backlogLimit = try Settings.backlogLimit(backlogLimit)
    try identity.apply(to: &options, logger: logger)
    options.metrics = Observability.telemetry.exposition
    let health = Health(allowsDown: Settings.text("handover.actuator.down") == "true")
    return IngressServer(options: options, health: health, logger: logger) { port in
      logger.info("listening", metadata: ["port": "\(port)"])
    }
  }
}
