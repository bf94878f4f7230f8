import ArgumentParser
import NIOCore
import NIOHTTP1
import NIOPosix
import Runtime

/// The health check of a container, which has no curl.
struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Asks a service on this machine whether it is ready.",
    discussion: "For the health checks of containers. Exit status: 0 if it is ready, 1 if not.")

  @Option(
    help: ArgumentHelp(
      "The port of the service.",
      discussion: "HANDOVER_HEALTH_PORT, else HANDOVER_PORT; 8088 if none is given.", valueName: "port"))
  var port: Int?

  func run() async throws {
    let ports = 1...65535
    let port =
      try Settings.number(port, "--port", or: "handover.health.port", in: ports)
      ?? Settings.number(nil, "", or: "handover.port", in: ports) ?? 8088
    let host = Settings.text("handover.host").flatMap { $0 == Settings.anyHost ? nil : $0 } ?? "127.0.0.1"
    guard try await Self.status(host, port) == .ok else { throw ExitCode(1) }
  }

  /// Returns the status of the service's readiness. Throws if nobody answers. Waits as long as the platform lets it.
  private static func status(_ host: String, _ port: Int) async throws -> HTTPResponseStatus? {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      let headers: HTTPHeaders = ["Host": host, "Connection": "close"]
      let head = HTTPRequestHead(
        version: .http1_1, method: .GET, uri: "/actuator/health/readiness", headers: headers)
      try await outbound.write(.head(head))
      try await outbound.write(.end(nil))
      for try await part in inbound {
        if case .head(let head) = part { return head.status }
      }
      return nil
    }
  }
}
