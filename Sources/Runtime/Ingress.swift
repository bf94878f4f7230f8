import ArgumentParser
import Keys

/// The HTTP ingress as an executable.
package struct Ingress: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "ingress", abstract: "Turns REST calls into commands, and answers from Redis.",
    version: Release.version)

  @OptionGroup package var settings: Settings
  @OptionGroup package var ingress: IngressSettings
  @OptionGroup package var codes: CodeSettings

  package init() {}

  package func run() async throws {
    let logger = try settings.logger("ingress")
    let url = try settings.redis()
    let wanted = try settings.wantedShards()
    let codes = try codes.codes()
    let health = ingress.health()
    let gateway = AwaitedService(health) { [ingress] in
      let system = try await Start.system(url, wanted: wanted, logger: logger)
      let gateway = try ingress.gateway(system, health, codes: codes, logger: logger)
      return SystemWatch(system, isFirst: false, isIngress: true, logger: logger, beside: gateway)
    }
    let ownPort = try ingress.healthService(health, logger: logger)
    try await WorkerProcess.run((ownPort.map { [$0] } ?? []) + [gateway], logger: logger)
  }
}
