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
      let shards = try await Start.shards(url, wanted: wanted, logger: logger)
      let gateway = try ingress.gateway(redis: url, shards: shards, logger: logger)
      return ShardCountWatch(url, shards: shards, logger: logger, beside: gateway)
    }
    try await WorkerProcess.run([gateway], logger: logger)
  }
}
