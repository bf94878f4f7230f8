import CHiredis
import Foundation

/// A blocking connection to one Redis server. It belongs to the thread that created it.
///
/// Commands are sent in pipelines, and replies arrive in the same order. After an error that
/// `endsConnection`, the connection is unusable: create a new one, which resolves the server's name again.
public final class RedisConnection {
  /// The server that it leads to, also where sentinels named it.
  public let server: RedisURL
  private let context: UnsafeMutablePointer<redisContext>
  /// What encrypts; nil if nothing does.
  private var tls: TLSStream?
  private let builder = ReplyBuilder()
  private var digests: [Script: String] = [:]
  /// Whether any reply has arrived.
  private var hasAnswered = false
  /// The number of replies that have not arrived yet.
  private var owed = 0

  /// hiredis writes without `MSG_NOSIGNAL`: a lost server must cause an error instead of ending the process.
  private static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// Connects, authenticates and selects the database.
  ///
  /// Sentinels are asked again every time, and files with passwords and certificates are read again. Throws
  /// `READONLY` if the server that the sentinels name is not the primary.
  ///
  /// - Parameters:
  ///   - connectTimeout: How long connecting can take, and then the handshake of an encrypted connection.
  ///   - commandTimeout: How long a reply can take. Must exceed the longest `BLOCK` that is sent.
  public init(
    _ url: RedisURL, connectTimeout: Duration = .seconds(2), commandTimeout: Duration = .seconds(5)
  ) throws(RedisError) {
    Self.ignoresBrokenPipes
    var server = url
    if case .sentinel(let nodes, let primary) = url.endpoint {
      server = try Sentinels(nodes: nodes, primary: primary).find(as: url)
    }
    let made: UnsafeMutablePointer<redisContext>? =
      switch server.endpoint {
      case .tcp(let host, let port): redisConnectWithTimeout(host, port, timeval(connectTimeout))
      case .unix(let path): redisConnectUnixWithTimeout(path, timeval(connectTimeout))
      case .cluster, .sentinel:
        throw RedisError(.badURL, "\(url) names several servers, and one is needed here.")
      }
    self.server = server
    guard let made else { throw RedisError(.unavailable, "No memory for a connection to \(server).") }
    context = made
    guard context.pointee.err == 0 else {
      let why = Self.text(of: context)
      throw RedisError(.unavailable, "No connection to \(server): \(why). Is a redis-server running there?")
    }
    context.pointee.reader.pointee.fn = ReplyBuilder.functions
    context.pointee.reader.pointee.privdata = UnsafeMutableRawPointer(builder.tape)
    redisSetTimeout(context, timeval(commandTimeout))
    if case .tcp(let host, _) = server.endpoint {
      redisEnableKeepAlive(context)
      if let settings = url.tls { try encrypt(as: settings, host, server, within: connectTimeout) }
    }
    var greeting = Commands()
    if let credentials = try url.credentials() { greeting.add(RESPWords(["AUTH"] + credentials)) }
    if url.database != 0 { greeting.add("SELECT", String(url.database)) }
    if !greeting.isEmpty {
      for reply in try exchange(greeting) { try reply.get() }
    }
    // Sentinels name the last primary until they have agreed on another one.
    if case .sentinel = url.endpoint { try requirePrimary() }
  }

  private func encrypt(
    as settings: RedisTLS, _ host: String, _ server: RedisURL, within limit: Duration
  ) throws(RedisError) {
    do throws(RedisError) {
      tls = try TLSStream(
        context.pointee.fd, settings, host: host, reader: context.pointee.reader, within: limit)
    } catch {
      throw RedisError(error.code, "No connection to \(server): \(error.message)")
    }
  }

  deinit {
    tls?.close()
    redisFree(context)
  }

  /// The socket, to wait until something can be received.
  var socket: Int32 { context.pointee.fd }

  /// Sends the commands without waiting for their replies.
  public func send(_ commands: Commands) throws(RedisError) {
    guard !commands.isEmpty else { return }
    if let tls {
      try tls.send(commands.bytes)
      owed += commands.count
      return
    }
    let status = commands.bytes.withUnsafeBytes { raw in
      redisAppendFormattedCommand(context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
    }
    guard status == REDIS_OK else { throw failure() }
    owed += commands.count
    var done: Int32 = 0
    while done == 0 {
      guard redisBufferWrite(context, &done) == REDIS_OK else { throw failure() }
    }
  }

  /// Waits for the next replies, in the order of the commands.
  ///
  /// Error replies are returned, except those that end the connection, which are thrown: no caller needs to
  /// check for them.
  ///
  /// - Parameter limit: The maximum number of bytes of text in all replies. Throws `.replyTooLarge` beyond
  ///   it, so that what others store does not determine how much memory this process needs.
  public func receive(_ count: Int, limit: Int = .max) throws(RedisError) -> [Reply] {
    precondition(count <= owed, "waiting for a reply to a command that was not sent")
    var left = count
    while left > 0 {
      var object: UnsafeMutableRawPointer?
      guard redisReaderGetReply(context.pointee.reader, &object) == REDIS_OK else { throw failure() }
      if object != nil {
        left -= 1
      } else if builder.byteCount + unparsed > limit {
        throw RedisError(.replyTooLarge, "Redis replied with more than \(limit) bytes.")
      } else if let tls {
        try tls.receive(waits: true)
      } else if redisBufferRead(context) != REDIS_OK {
        throw failure()
      }
    }
    owed -= count
    hasAnswered = true
    guard builder.hasErrors else { return builder.take() }
    let replies = builder.take()
    for reply in replies {
      if let error = reply.error, error.endsConnection { throw error }
    }
    return replies
  }

  /// Receives the next reply, once the socket can be read. Returns nil if what came is no part of a reply: servers
  /// also send messages that only concern the encryption.
  func receiveNext(limit: Int) throws(RedisError) -> Reply? {
    if let tls {
      try tls.receive(waits: false)
      if unparsed == 0 { return nil }
    }
    return try receive(1, limit: limit).first
  }

  /// The number of bytes read from the socket that are not part of a complete element yet.
  private var unparsed: Int { context.pointee.reader.pointee.len - context.pointee.reader.pointee.pos }

  /// Sends the commands and waits for all their replies; `limit` as for `receive`.
  public func exchange(_ commands: Commands, limit: Int) throws(RedisError) -> [Reply] {
    try send(commands)
    return try receive(commands.count, limit: limit)
  }

  /// Throws unless the server accepts writes: a primary that has loaded its data.
  public func requirePrimary() throws(RedisError) { try PrimaryCheck.judge(exchange(PrimaryCheck.question)) }

  /// Returns the digest of a script for `EVALSHA`. Loads the script into the server on first use.
  public func digest(of script: Script) throws(RedisError) -> String {
    if let known = digests[script] { return known }
    guard let digest = try call("SCRIPT", "LOAD", script.source).string else {
      throw RedisError(.unexpectedReply, "SCRIPT LOAD returned no digest.")
    }
    digests[script] = digest
    return digest
  }

  /// Forgets which scripts are loaded: after `NOSCRIPT`, the next `digest(of:)` loads its script again.
  public func forgetScripts() { digests = [:] }

  private func failure() -> RedisError {
    let timedOut = context.pointee.err == REDIS_ERR_IO && errno == EAGAIN
    let readerError = context.pointee.reader.pointee.err != 0
    if timedOut { return RedisError(.timeout, "Redis did not answer in time.") }
    let why = readerError ? "invalid RESP" : Self.text(of: context)
    // That is how a port which expects TLS treats a client without.
    let hint =
      hasAnswered || context.pointee.connection_type != REDIS_CONN_TCP
      ? "" : " If it only takes encrypted connections, its URL has to begin with rediss://."
    return RedisError(.unavailable, "The connection to Redis broke: \(why).\(hint)")
  }

  private static func text(of context: UnsafeMutablePointer<redisContext>) -> String {
    withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

private func timeval(_ duration: Duration) -> timeval {
  let (seconds, attoseconds) = duration.components
  return Glibc.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
}
