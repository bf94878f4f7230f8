import CHiredis
import Foundation
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

/// Encrypts what goes out on a connected socket, and decrypts what comes in, on the thread that uses the connection.
///
/// The TLS engine of swift-nio-ssl is a channel handler. It runs here in a channel that has neither a socket nor
/// an event loop of its own: bytes are passed through it by hand. So a connection stays what it is without
/// encryption: one socket, no further thread, time-outs and back-pressure by the kernel. What comes in is decrypted
/// as far as it is complete and goes to the reader at once, so that nothing waits anywhere when `poll` says that
/// nothing comes.
final class TLSStream {
  /// How much is encrypted, and how much is received, at a time: what bounds the memory.
  private static let chunk = 64 << 10

  private let socket: Int32
  private let name: String
  private let trustFile: String
  private let handler: NIOSSLClientHandler
  private let outlet: Outlet
  private let channel: EmbeddedChannel

  /// Takes part in the handshake.
  ///
  /// - Parameters:
  ///   - socket: A connected socket, which the caller closes after `close()`.
  ///   - host: Where it leads: the name that is verified unless the settings have another.
  ///   - reader: Gets what is decrypted. Must live as long as the stream is used.
  ///   - limit: How long the handshake can take.
  init(
    _ socket: Int32, _ tls: RedisTLS, host: String, reader: UnsafeMutablePointer<redisReader>,
    within limit: Duration
  ) throws(RedisError) {
    self.socket = socket
    name = tls.serverName ?? host
    trustFile = try tls.trustFile()
    let context = try tls.context()
    // The handler verifies the address of the channel where it is given no name.
    let ip = try? SocketAddress(ipAddress: name, port: 0)
    outlet = Outlet(reader)
    do {
      handler = try NIOSSLClientHandler(context: context, serverHostname: ip == nil ? name : nil)
      channel = EmbeddedChannel(handlers: [handler, outlet])
      channel.connect(to: try ip ?? SocketAddress(unixDomainSocketPath: "redis"), promise: nil)
    } catch {
      throw RedisError(.untrusted, "“\(name)” cannot be the name of a server.")
    }
    do throws(RedisError) { try shakeHands(within: limit) } catch {
      close()
      throw error
    }
  }

  private func shakeHands(within limit: Duration) throws(RedisError) {
    let deadline = ContinuousClock.now + limit
    while true {
      try flush()
      if outlet.isReady { return }
      let left = ContinuousClock.now.duration(to: deadline)
      var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      let found = left > .zero ? poll(&event, 1, Int32(clamping: Int((left.seconds * 1000).rounded(.up)))) : 0
      if found < 0, errno == EINTR { continue }
      guard found != 0 else {
        throw RedisError(
          .unavailable,
          "The server did not answer the TLS handshake in time: is this its TLS port (tls-port of Redis)?")
      }
      try receive(waits: false)
    }
  }

  /// Encrypts and sends.
  func send(_ bytes: [UInt8]) throws(RedisError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let buffer = channel.allocator.buffer(bytes: rest.prefix(Self.chunk))
      rest = rest.dropFirst(Self.chunk)
      channel.pipeline.syncOperations.writeAndFlush(NIOAny(buffer), promise: nil)
      try flush()
    }
  }

  /// Receives once, and gives the reader what that completes, which may be nothing.
  ///
  /// - Parameter waits: Whether to wait until there is something, as long as the socket's time-out says.
  func receive(waits: Bool) throws(RedisError) {
    // Known since the last time, when there was something to take first.
    try failIfEnded()
    let before = outlet.delivered
    var buffer = channel.allocator.buffer(capacity: Self.chunk)
    let (count, code) = buffer.withUnsafeMutableWritableBytes { bytes in
      let count = recv(socket, bytes.baseAddress, bytes.count, waits ? 0 : Int32(MSG_DONTWAIT))
      return (count, count < 0 ? errno : 0)
    }
    switch (count, code) {
    case (_, EINTR): return
    case (_, EAGAIN):
      if waits { throw RedisError(.timeout, "Redis did not answer in time.") }
    case (..<0, _): throw broken(String(cString: strerror(code)))
    case (0, _): throw broken()
    default:
      buffer.moveWriterIndex(forwardBy: count)
      channel.pipeline.syncOperations.fireChannelRead(NIOAny(buffer))
      channel.pipeline.syncOperations.fireChannelReadComplete()
      if outlet.delivered == before { try failIfEnded() }
    }
  }

  private func failIfEnded() throws(RedisError) {
    if let error = outlet.error {
      // An alert that says why, for the server's log.
      sendLast()
      throw explanation(of: error)
    }
    if outlet.hasEnded { throw broken() }
  }

  /// Says goodbye, if that can be sent at once, and gives up what the stream holds.
  func close() {
    channel.close(promise: nil)
    sendLast()
    // Ends the wait for the server's answer.
    channel.embeddedEventLoop.advanceTime(by: .hours(1))
  }

  // MARK: The socket

  /// Sends what was encrypted.
  private func flush() throws(RedisError) {
    while let buffer = encrypted() {
      var bytes = buffer.readableBytesView[...]
      while !bytes.isEmpty {
        let (count, code) = bytes.withUnsafeBytes { bytes in
          let count = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
          return (count, count < 0 ? errno : 0)
        }
        switch (count, code) {
        case (_, EINTR): break
        case (_, EAGAIN): throw RedisError(.timeout, "Redis took nothing more in time.")
        case (..<0, _):
          // A server that refused the handshake said why before it closed the connection.
          try receive(waits: false)
          throw broken(String(cString: strerror(code)))
        default: bytes = bytes.dropFirst(count)
        }
      }
    }
  }

  /// Sends what was encrypted as far as that is possible at once.
  private func sendLast() {
    while let buffer = encrypted() {
      let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
      _ = buffer.withUnsafeReadableBytes { Glibc.send(socket, $0.baseAddress, $0.count, flags) }
    }
  }

  private func encrypted() -> ByteBuffer? { (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil }

  // MARK: Errors

  /// The connection ended.
  private func broken(_ why: String = "Server closed the connection") -> RedisError {
    RedisError(
      .unavailable,
      outlet.isReady
        ? "The connection to Redis broke: \(why)."
        : """
        The connection broke during the TLS handshake (\(why)): is this the server's TLS port (tls-port of Redis), \
        and does it trust the client certificate?
        """)
  }

  /// Says what an error of the TLS engine means, and what to do about it.
  private func explanation(of error: any Error) -> RedisError {
    let text = "\(error)"
    func untrusted(_ what: String) -> RedisError { RedisError(.untrusted, what) }
    if error as? NIOSSLExtraError == .failedToValidateHostname {
      return untrusted(
        """
        The server's certificate is not for “\(name)”\(certificate.map { ", but this one: \($0)" } ?? ""). If it is \
        the right server, set HANDOVER_REDIS_SERVER_NAME to a name in its certificate.
        """)
    }
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return untrusted(distrust) }
    for (reason, meaning) in Self.meanings where text.contains(reason) { return untrusted(meaning) }
    let reason = text.firstMatch(of: /OPENSSL_internal:(\w+)/).map { String($0.1) } ?? text
    return broken(reason)
  }

  private var certificate: NIOSSLCertificate? { handler.peerCertificate }

  /// Why the server's certificate was not accepted.
  private var distrust: String {
    let now = time(nil)
    if let certificate, certificate.notValidAfter < now {
      return """
        The server's certificate has expired on \(Self.day(certificate.notValidAfter)): give the server a new one.
        """
    }
    if let certificate, certificate.notValidBefore > now {
      return """
        The server's certificate is not valid before \(Self.day(certificate.notValidBefore)): is the clock of this \
        machine right?
        """
    }
    return """
      The server's certificate is not signed by one in \(trustFile), or that one has expired: name the file of the \
      CA that signed it in HANDOVER_REDIS_CA_FILE.
      """
  }

  private static func day(_ time: time_t) -> String {
    Date(timeIntervalSince1970: TimeInterval(time)).formatted(.iso8601)
  }

  /// What the reasons of the TLS engine, and the alerts of servers, mean.
  private static let meanings: [(reason: String, meaning: String)] = [
    (
      "CERTIFICATE_REQUIRED",
      """
      The server asks for a client certificate: set HANDOVER_REDIS_CERT_FILE and HANDOVER_REDIS_KEY_FILE \
      (or tls-auth-clients no in Redis).
      """
    ),
    (
      "ALERT_UNKNOWN_CA",
      """
      The server does not trust the client certificate: take one that the server's CA file (tls-ca-cert-file) \
      has signed.
      """
    ),
    (
      "ALERT_CERTIFICATE_EXPIRED",
      "The client certificate has expired: replace it in HANDOVER_REDIS_CERT_FILE."
    ),
    (
      "ALERT_BAD_CERTIFICATE",
      "The server does not accept the client certificate in HANDOVER_REDIS_CERT_FILE: its log says why."
    ),
    (
      "ALERT_HANDSHAKE_FAILURE",
      """
      The server refuses the handshake: it asks for a client certificate (HANDOVER_REDIS_CERT_FILE), or has no cipher \
      in common with this client. Its log says why.
      """
    ),
    ("PROTOCOL_VERSION", "The server speaks neither TLS 1.2 nor 1.3: update it (tls-protocols of Redis)."),
    (
      "UNSUPPORTED_PROTOCOL", "The server speaks neither TLS 1.2 nor 1.3: update it (tls-protocols of Redis)."
    ),
    (
      "WRONG_VERSION_NUMBER",
      """
      What answers there does not speak TLS: use its TLS port (tls-port of Redis), or write redis:// if connections \
      to it need not be encrypted.
      """
    ),
  ]
}

/// The end of the channel where the decrypted bytes come out.
private final class Outlet: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let reader: UnsafeMutablePointer<redisReader>
  /// How many bytes the reader got.
  private(set) var delivered = 0
  /// Whether the handshake is complete.
  private(set) var isReady = false
  /// Whether the server has ended the connection, as TLS wants it.
  private(set) var hasEnded = false
  /// The first thing that went wrong.
  private(set) var error: (any Error)?

  init(_ reader: UnsafeMutablePointer<redisReader>) { self.reader = reader }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
      delivered += bytes.count
      // It only fails once it has failed to parse, which the next reply shows.
      _ = redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event { isReady = true }
  }

  func channelInactive(context: ChannelHandlerContext) { hasEnded = true }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if self.error == nil { self.error = error }
  }
}
