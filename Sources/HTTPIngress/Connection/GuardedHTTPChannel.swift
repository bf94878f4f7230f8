import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Hummingbird's HTTP/1 connections, each with its `HTTPConnectionGuard`.
struct GuardedHTTPChannel: ServerChildChannel {
  let base: HTTP1Channel
  let limits: ServerLimits
  let count: ConnectionCount

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
    let address = channel.remoteAddress
    let admission = count.enter(address)
    channel.closeFuture.whenComplete { [count] _ in count.leave(address) }
    let refusal: Problem?
    switch admission {
    case .welcome: refusal = nil
    case .refused(let problem): refusal = problem
    case .crowded:
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
    }
    return base.setup(channel: channel, logger: logger).flatMapThrowing { [limits] value in
      let pipeline = channel.pipeline.syncOperations
      // The guard sits after NIO's parser, which still has the version and every header, and before
      // Hummingbird's codec.
      let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
      try pipeline.addHandler(HTTPConnectionGuard(limits, refusal: refusal), position: .before(codec))
      return value
    }
  }

  func handle(value: HTTP1Channel.Value, logger: Logger) async {
    await base.handle(value: value, logger: logger)
  }
}

extension HTTPServerBuilder {
  /// Builds a server of strict HTTP/1.1 that enforces limits on every client.
  ///
  /// - Parameter proxies: those whose connections are limited only in all.
  package static func http1(within limits: ServerLimits, behind proxies: [AddressRange] = [])
    -> HTTPServerBuilder
  {
    let count = ConnectionCount(limits, proxies: proxies)
    let configuration = HTTP1Channel.Configuration(
      idleTimeout: TimeAmount(limits.idleTimeout),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
        maxHeaderFieldCount: 100
      ))
    return HTTPServerBuilder { responder in
      GuardedHTTPChannel(
        base: HTTP1Channel(responder: responder, configuration: configuration), limits: limits, count: count)
    }
  }
}
