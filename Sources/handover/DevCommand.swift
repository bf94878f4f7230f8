import ArgumentParser
import Foundation
import Keys
import Lanes
import Logging
import Market
import Runtime
import ServiceLifecycle
import Workers

/// Runs the whole system in one process, with its own Redis.
struct DevCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dev",
    abstract: "Runs everything in one process, with a private redis-server unless another Redis is given.",
    discussion: """
      The data folder keeps the data between starts; Ctrl-C stops everything cleanly.
      To work on the same data with redis-cli: redis-cli -s .handover/redis.sock
      """)

  @Option(
    help: ArgumentHelp(
      "The folder for the data and the socket of the private Redis.",
      discussion: "HANDOVER_DATA; .handover if neither is given.", valueName: "folder"))
  var data: String?

  @OptionGroup var ingress: IngressSettings
  @OptionGroup var lanes: LaneSettings
  @OptionGroup var deals: DealSettings
  @OptionGroup var codes: CodeSettings
  @OptionGroup var keep: KeepSettings
  @OptionGroup var settings: Settings

  func run() async throws {
    let logger = try settings.logger("handover")
    _ = Observability.telemetry
    let folder = URL(fileURLWithPath: data ?? Settings.text("handover.data") ?? ".handover")
    let redis = settings.namesRedis ? nil : try await Start.onThread { try PrivateRedis(in: folder) }
    do {
      try await run(on: redis, logger)
    } catch {
      // If the system cannot run for any reason, its Redis must not be left behind.
      try? await redis?.stop()
      throw error
    }
  }

  private func run(on redis: PrivateRedis?, _ logger: Logger) async throws {
    let wanted = try settings.wantedShards()
    let codes = try codes.codes() ?? Self.randomCodes()
    var policy = try deals.policy(codes: codes)
    try keep.apply(to: &policy)
    let url = try redis?.url ?? settings.redis()
    let system = try await Start.system(url, wanted: wanted, logger: logger)
    let runners = try WorkerKind.allCases.map { role in
      LaneRunner(
        worker: role.rawValue,
        lanes: role.lanes(
          shards: system.shards, backlogLimit: try Settings.backlogLimit(ingress.backlogLimit),
          policy: policy, format: system.format),
        redis: system.redis, options: try lanes.options(for: role), build: .this,
        logger: try settings.logger(role.rawValue))
    }
    let (health, host) = (ingress.health(), "127.0.0.1")
    let gateway = try ingress.gateway(
      system, health, codes: codes, host: host, logger: settings.logger("ingress"))
    let ownPort = try ingress.healthService(health, host: host, logger: settings.logger("ingress"))
    logger.info(
      "started",
      metadata: [
        "release": "\(Release.version)", "redis": "\(url)", "shards": "\(system.shards)",
      ])
    let watched = SystemWatch(system, isFirst: true, isIngress: true, logger: logger, beside: gateway)
    let services: [any Service] = (ownPort.map { [$0] } ?? []) + [LaneService(runners), watched]
    try await WorkerProcess.run((redis.map { [$0] } ?? []) + services, logger: logger)
  }

  /// Codes of this process: both who shows and who checks them are in it.
  private static func randomCodes() -> HandoverCodes {
    var generator = SystemRandomNumberGenerator()
    return HandoverCodes(secret: (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &generator) })
  }
}
