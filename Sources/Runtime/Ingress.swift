import ArgumentParser

/// The HTTP ingress as an executable.
package struct Ingress: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "ingress", abstract: "Turns REST calls into commands, and answers from Redis.")

  @OptionGroup package var settings: Settings
  @OptionGroup package var ingress: IngressSettings

  package init() {}

  package func run() async throws {
    let logger = try settings.logger("ingress")
    let url = try settings.redis()
    let wanted = try settings.wantedShards()
    let gateway = AwaitedService { [ingress] in
      let system = try await Start.system(url, wanted: wanted, logger: logger)
      let gateway = try ingress.gateway(system, logger: logger)
      return ShardCountWatch(system, logger: logger, beside: gateway)
    }
    try await WorkerProcess.run([gateway], logger: logger)
  }
}
