import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Serves the key file of an issuer over HTTP on this machine, well or badly.
package final class TestKeyServer: Sendable {
  /// How it answers.
  package enum Manner: Sendable {
    case keys
    /// The keys, after a while.
    case late(TimeAmount)
    case text(String)
    /// This status with the keys as its body, and a `Location` if one is given.
    case status(Int, location: String? = nil)
    /// Never.
    case silent
    /// A good head, then a space from time to time, for ever.
    case dripping
  }

  // Not the issuer: connections that end late would keep it and its folder.
  private let path: String
  private let state = Mutex((manner: Manner.keys, fetches: 0))
  private let listener = Mutex<(any Channel)?>(nil)

  private init(_ issuer: TestIssuer) { path = issuer.jwksFile }

  /// Runs `body` with a server on a free port.
  package static func run(
    _ issuer: TestIssuer, _ body: (TestKeyServer) async throws -> Void
  ) async throws {
    let server = TestKeyServer(issuer)
    let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Answerer(server))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    server.listener.withLock { $0 = channel }
    do {
      try await body(server)
    } catch {
      await server.close()
      throw error
    }
    await server.close()
  }

  /// Where the keys are.
  package var url: String {
    let port = listener.withLock { $0?.localAddress?.port } ?? 0
    return "http://127.0.0.1:\(port)/jwks.json"
  }

  /// How many requests came.
  package var fetches: Int { state.withLock { $0.fetches } }

  /// How requests are answered from now on.
  package var manner: Manner {
    get { state.withLock { $0.manner } }
    set { state.withLock { $0.manner = newValue } }
  }

  /// Ends the server: from now on, nobody listens.
  package func close() async { try? await listener.withLock { $0 }?.close() }

  private final class Answerer: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: TestKeyServer

    init(_ server: TestKeyServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .end = unwrapInboundIn(data) else { return }
      let manner = server.state.withLock { state in
        state.fetches += 1
        return state.manner
      }
      let keys = (try? String(contentsOfFile: server.path, encoding: .utf8)) ?? ""
      let channel = context.channel
      switch manner {
      case .keys: Self.answer(channel, 200, keys)
      case .late(let time): channel.eventLoop.scheduleTask(in: time) { Self.answer(channel, 200, keys) }
      case .text(let text): Self.answer(channel, 200, text)
      case .status(let status, let location): Self.answer(channel, status, keys, location: location)
      case .silent: break
      case .dripping:
        channel.write(Self.head(200), promise: nil)
        let drip = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) {
          _ in
          channel.writeAndFlush(
            HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: " "))), promise: nil)
        }
        channel.closeFuture.whenComplete { _ in drip.cancel() }
      }
    }

    private static func head(_ status: Int, location: String? = nil) -> HTTPServerResponsePart {
      var headers: HTTPHeaders = ["Content-Type": "application/json"]
      if let location { headers.add(name: "Location", value: location) }
      return .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers))
    }

    private static func answer(_ channel: any Channel, _ status: Int, _ body: String, location: String? = nil)
    {
      channel.write(head(status, location: location), promise: nil)
      channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
      channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }
  }
}
