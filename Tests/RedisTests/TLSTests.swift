import Foundation
import Processes
import Redis
import Synchronization
import Testbed
import Testing

/// Encrypted connections, to a redis-server that has certificates.
@Suite struct TLSTests {
  /// A server with an encrypted port, and what its clients need.
  private struct Bench {
    let tls: TestTLS
    let redis: TestRedis
    let port: Int

    init(_ tls: TestTLS? = nil, asksClients: Bool = false) throws {
      self.tls = try tls ?? TestTLS()
      port = try FreePort.find()
      redis = try TestRedis(self.tls.options(port: port, asksClients: asksClients))
    }

    func url(_ change: (inout RedisTLS) -> Void = { _ in }) throws -> RedisURL {
      var (url, settings) = (try tls.url(port: port), tls.settings)
      change(&settings)
      url.tls = settings
      return url
    }

    /// Why a connection with other settings cannot be made.
    func refusal(_ change: (inout RedisTLS) -> Void) throws -> RedisError? {
      #expect(throws: RedisError.self) { try RedisConnection(url(change)).call("PING") }
    }
  }

  private static func expect(
    _ error: RedisError?, _ code: RedisError.Code = .untrusted, says parts: String...
  ) {
    #expect(error?.code == code)
    for part in parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")") }
  }

  @Test func `a server is trusted by its authority and its name`() async throws {
    try await onThread {
      let bench = try Bench()
      for host in ["localhost", "127.0.0.1"] {
        let connection = try RedisConnection(bench.tls.url(port: bench.port, host: host))
        #expect(try connection.call("ECHO", "안녕하세요").equals("안녕하세요"))
      }
      #expect(try RedisConnection(bench.url { $0.serverName = "localhost" }).call("PING").equals("PONG"))
      #expect(try RedisConnection(bench.url { $0.serverName = "127.0.0.1" }).call("PING").equals("PONG"))
      // User, password and database as without encryption.
      try bench.redis.connect().call("ACL", "SETUSER", "anna", "on", ">secret", "~*", "+@all")
      var url = try bench.url()
      (url.user, url.password, url.database) = ("anna", "secret", 3)
      let connection = try RedisConnection(url)
      #expect(try connection.call("ACL", "WHOAMI").equals("anna"))
      try connection.call("SET", "key", "value")
      #expect(try RedisConnection(bench.redis.url(database: 3)).call("EXISTS", "key").integer == 1)
    }
  }

  @Test func `who cannot be trusted is refused, and why is said`() async throws {
    try await onThread {
      let bench = try Bench()
      let stranger = try TestTLS()
      Self.expect(
        try bench.refusal { $0.caFile = stranger.authority.certificate.path },
        says: "not signed by one in \(stranger.authority.certificate.path)", "HANDOVER_REDIS_CA_FILE")
      Self.expect(
        try bench.refusal { $0.caFile = nil },
        says: "not signed by one in /etc/", "HANDOVER_REDIS_CA_FILE")
      for name in ["redis.example", "127.0.0.2", "localhost.example"] {
        Self.expect(
          try bench.refusal { $0.serverName = name },
          says: "not for “\(name)”", "alternative_names=localhost,127.0.0.1", "HANDOVER_REDIS_SERVER_NAME")
      }
      let old = try Bench(TestTLS(days: 0))
      let error = try insist("the certificate has expired") {
        let error = try old.refusal { _ in }
        guard error?.message.contains("has expired on") == true else { throw NeverHappened(description: "") }
        return error
      }
      Self.expect(error, says: "expired on \(Date.now.formatted(.iso8601.year().month().day()))")
      #expect(error?.canRetry == false)
    }
  }

  @Test func `a client certificate is shown to servers that ask for one`() async throws {
    try await onThread {
      let bench = try Bench(asksClients: true)
      func identity(_ identity: TestAuthority.Identity) -> RedisTLS.Identity {
        RedisTLS.Identity(certificateFile: identity.certificate.path, keyFile: identity.key.path)
      }
      let client = try bench.tls.authority.issue("client")
      let url = try bench.url { $0.identity = identity(client) }
      #expect(try RedisConnection(url).call("PING").equals("PONG"))
      Self.expect(try bench.refusal { _ in }, says: "client certificate", "HANDOVER_REDIS_CERT_FILE")
      let others = try TestTLS()
      let stranger = try others.authority.issue("client")
      Self.expect(
        try bench.refusal { $0.identity = identity(stranger) }, says: "does not trust the client certificate")
      Self.expect(
        try bench.refusal {
          $0.identity = .init(certificateFile: client.certificate.path, keyFile: stranger.key.path)
        }, says: stranger.key.path, "not the key of the certificate")
      // With TLS 1.2, a server says so earlier.
      try bench.redis.connect().call("CONFIG", "SET", "tls-protocols", "TLSv1.2")
      Self.expect(try bench.refusal { _ in }, says: "client certificate")
      #expect(try RedisConnection(url).call("PING").equals("PONG"))
    }
  }

  @Test func `files that cannot be used are named`() async throws {
    try await onThread {
      let bench = try Bench()
      let key = bench.tls.server.key.path
      let large = bench.tls.folder.appending(path: "large")
      try Data(repeating: 65, count: 3 << 20).write(to: large)
      let pipe = bench.tls.folder.appending(path: "pipe").path
      mkfifo(pipe, 0o600)
      for (file, reason) in [
        ("/nowhere/ca.crt", "No such file"), (large.path, "more than 2097152 bytes"), ("/tmp", "no file"),
        (pipe, "no file"), (key, "no certificate"),
      ] {
        Self.expect(try bench.refusal { $0.caFile = file }, says: file, reason)
      }
      Self.expect(
        try bench.refusal { $0.identity = .init(certificateFile: key, keyFile: key) }, says: key,
        "no certificate")
      let certificate = bench.tls.server.certificate.path
      Self.expect(
        try bench.refusal { $0.identity = .init(certificateFile: certificate, keyFile: certificate) },
        says: certificate, "no key")
    }
  }

  @Test func `certificates and passwords are read again at every connect`() async throws {
    try await onThread {
      let bench = try Bench()
      let admin = try bench.redis.connect()
      try admin.call("CONFIG", "SET", "requirepass", "first")
      let trusted = bench.tls.folder.appending(path: "trusted.crt")
      let password = bench.tls.folder.appending(path: "password")
      func write(_ text: String, to file: URL) throws {
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      func read(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }
      var url = try bench.url { $0.caFile = trusted.path }
      url.passwordFile = password.path
      try write(read(bench.tls.authority.certificate), to: trusted)
      try write("first\n", to: password)
      let connection = try RedisConnection(url)
      #expect(try connection.call("PING").equals("PONG"))

      try admin.call("CONFIG", "SET", "requirepass", "second")
      var error = #expect(throws: RedisError.self) { try RedisConnection(url) }
      #expect(error?.code == .refused(kind: .wrongPassword))
      try write("second\r\n", to: password)
      #expect(try RedisConnection(url).call("PING").equals("PONG"))
      for (text, reason) in [("\n", "no text"), (String(repeating: "x", count: 9000), "8192 bytes")] {
        try write(text, to: password)
        error = #expect(throws: RedisError.self) { try RedisConnection(url) }
        Self.expect(error, says: password.path, reason, "HANDOVER_REDIS_PASSWORD_FILE")
      }
      try write("second", to: password)

      // What is connected stays so; only new connections need to be trusted.
      let other = try TestTLS()
      try write(read(other.authority.certificate), to: trusted)
      #expect(throws: RedisError.self) { try RedisConnection(url) }
      #expect(try connection.call("PING").equals("PONG"))
      // A file with both, as while one replaces the other.
      try write(read(other.authority.certificate) + read(bench.tls.authority.certificate), to: trusted)
      #expect(try RedisConnection(url).call("PING").equals("PONG"))
    }
  }

  // MARK: Other servers

  @Test func `what does not speak TLS is recognized`() async throws {
    try await onThread {
      let tls = try TestTLS()
      func refusal(of server: ScriptedServer) throws -> RedisError? {
        let start = ContinuousClock.now
        let error = #expect(throws: RedisError.self) {
          try RedisConnection(tls.url(port: server.port), connectTimeout: .milliseconds(300))
        }
        #expect(.now - start < Patience.prompt)
        return error
      }
      // As a redis-server does that waits for the end of a line.
      Self.expect(try refusal(of: ScriptedServer(says: nil)), .unavailable, says: "in time", "TLS port")
      Self.expect(
        try refusal(of: ScriptedServer(says: "-ERR Protocol error\r\n")), says: "does not speak TLS",
        "redis://")
      Self.expect(
        try refusal(of: ScriptedServer(says: "")), .unavailable, says: "during the TLS handshake", "TLS port")
      // A record that seems to go on, but does not.
      Self.expect(
        try refusal(of: ScriptedServer(says: "\u{16}\u{3}\u{3}\u{3F}\u{1}half")), .unavailable,
        says: "in time")
      var random = SplitMix64(seed: 7)
      for _ in 0..<20 {
        let noise = (0..<200).map { _ in Character(UnicodeScalar(UInt8.random(in: 0..<128, using: &random))) }
        #expect(try refusal(of: ScriptedServer(says: String(noise))) != nil)
      }
    }
  }

  @Test func `who meets an encrypted port without encryption is told so`() async throws {
    try await onThread {
      let bench = try Bench()
      let error = #expect(throws: RedisError.self) {
        try RedisConnection(RedisURL("redis://127.0.0.1:\(bench.port)")).call("PING")
      }
      Self.expect(error, .unavailable, says: "rediss://")
    }
  }

  // MARK: Traffic

  @Test func `large commands and replies, and long pipelines, arrive whole`() async throws {
    try await onThread {
      let bench = try Bench()
      let connection = try RedisConnection(bench.url(), commandTimeout: Patience.limit)
      let large = String(repeating: "0123456789abcdef", count: 10 << 16)
      try connection.call("SET", "large", large)
      #expect(try connection.call("GET", "large").string == large)
      #expect(try bench.redis.connect().call("STRLEN", "large").integer == large.utf8.count)

      var many = Commands()
      for number in 0..<100_000 { many.add("ECHO", "\(number)") }
      let replies = try connection.exchange(many)
      #expect(replies.count == 100_000)
      #expect(replies.enumerated().allSatisfy { $1.string == "\($0)" })

      // Ten large replies at once, of which each is taken by itself.
      var ten = Commands()
      for _ in 0..<10 { ten.add("GET", "large") }
      try connection.send(ten)
      for _ in 0..<10 { #expect(try connection.receive(1)[0].string == large) }
      // The end of the connection does not swallow the reply before it.
      #expect(try connection.call("QUIT").equals("OK"))
      #expect(throws: RedisError.self) { try connection.call("PING") }
    }
  }

  @Test func `a reply larger than accepted ends the connection before it is all in memory`() async throws {
    try await onThread {
      let bench = try Bench()
      let connection = try RedisConnection(bench.url(), commandTimeout: Patience.limit)
      // 100 MiB, of which nothing is sent over the connection.
      try bench.redis.connect().call("SETRANGE", "huge", "104857599", "x")
      func memory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        return text.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) } ?? 0
      }
      let before = try memory()
      let error = #expect(throws: RedisError.self) {
        try connection.exchange(Commands("GET", "huge"), limit: 1 << 20)
      }
      #expect(error?.code == .replyTooLarge)
      // Other tests need memory too, but not so much.
      #expect(try memory() - before < 80 << 10)
    }
  }

  @Test func `a server that dies, or does not answer, is noticed`() async throws {
    try await onThread {
      let bench = try Bench()
      let connection = try RedisConnection(bench.url(), commandTimeout: .milliseconds(300))
      bench.redis.process.signal(SIGSTOP)
      var error = #expect(throws: RedisError.self) { try connection.call("PING") }
      #expect(error?.code == .timeout)
      bench.redis.process.signal(SIGCONT)

      let other = try RedisConnection(bench.url(), commandTimeout: Patience.limit)
      try other.call("SETRANGE", "large", "10485759", "x")
      var commands = Commands()
      commands.add("GET", "large")
      commands.add("BLPOP", "nothing", "0")
      commands.add("PING")
      try other.send(commands)
      #expect(try other.receive(1)[0].string?.utf8.count == 10 << 20)
      bench.redis.process.kill()
      error = #expect(throws: RedisError.self) { try other.receive(2) }
      #expect(error?.code == .unavailable)
      for _ in 0..<3 { #expect(throws: RedisError.self) { try other.call("ECHO", "anybody?") } }
    }
  }

  @Test func `blocked reads wait for encrypted replies`() async throws {
    try await onThread {
      let bench = try Bench()
      let reads = BlockedReads<Int>(patience: Patience.limit)
      let (block, url) = (Duration.seconds(30), try bench.url())
      // Nothing is sent before, so that the first thing that comes is about encryption, and no reply.
      for number in 0..<20 {
        try reads.begin(
          number, Commands("XREAD", "BLOCK", "30000", "STREAMS", "stream-\(number)", "$"), blocking: block
        ) { () throws(RedisError) in try RedisConnection(url, commandTimeout: .milliseconds(200)) }
      }
      // Longer than a connection waits for a reply.
      let rest = ContinuousClock.now + .milliseconds(400)
      while .now < rest { #expect(reads.wait(.milliseconds(50)).isEmpty) }
      let redis = try bench.redis.connect()
      let long = String(repeating: "x", count: 1 << 20)
      var found: Set<Int> = []
      for number in 0..<20 { try redis.call("XADD", "stream-\(number)", "*", "long", long) }
      let deadline = ContinuousClock.now + Patience.limit
      while found.count < 20, .now < deadline {
        for (number, reply) in reads.wait(.seconds(1)) {
          #expect(try reply.get()[0]?[0]?.string == "stream-\(number)")
          found.insert(number)
        }
      }
      #expect(found.count == 20)
      // The same connections wait again.
      try reads.begin(3, Commands("XREAD", "BLOCK", "30000", "STREAMS", "stream-3", "$"), blocking: block) {
        () throws(RedisError) in throw RedisError(.unavailable, "there should be one")
      }
      bench.redis.process.kill()
      var answer: [(id: Int, reply: Result<Reply, RedisError>)] = []
      while answer.isEmpty, .now < deadline { answer = reads.wait(.seconds(1)) }
      #expect(throws: RedisError.self) { try answer.first?.reply.get() }
    }
  }

  @Test func `no connection leaves anything open, however it ends`() async throws {
    try await onThread {
      let bench = try Bench()
      let stranger = try TestTLS()
      func sockets() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
      }
      let (deaf, rude) = (try ScriptedServer(says: nil), try ScriptedServer(says: ""))
      let before = try sockets()
      for _ in 0..<100 {
        try RedisConnection(bench.url()).call("PING")
        _ = try bench.refusal { $0.caFile = stranger.authority.certificate.path }
        _ = try bench.refusal { $0.serverName = "other" }
        _ = try bench.refusal { $0.caFile = "/nowhere" }
        #expect(throws: RedisError.self) {
          try RedisConnection(bench.tls.url(port: deaf.port), connectTimeout: .milliseconds(1))
        }
        #expect(throws: RedisError.self) { try RedisConnection(bench.tls.url(port: rude.port)) }
      }
      // Other tests open some meanwhile.
      #expect(try sockets() - before < 80)
    }
  }

  // MARK: Deployments

  @Test func `sentinels and their primary are reached encrypted, also after a fail-over`() async throws {
    try await onThread {
      let tls = try TestTLS()
      let servers = try TestSentinel(tls: tls)
      let connection = try RedisConnection(servers.url)
      try connection.call("SET", "key", "value")
      #expect(try connection.call("WAIT", "1", "60000").integer == 1)
      servers.primary.process.kill()
      let next = try insist("the replica is the primary") { try RedisConnection(servers.url) }
      #expect(try next.call("GET", "key").equals("value"))
      #expect(try next.call("CLIENT", "INFO").string?.contains("resp=2") == true)
      let stranger = try TestTLS()
      var wrong = try servers.url
      wrong.tls = stranger.settings
      let error = #expect(throws: RedisError.self) { try RedisConnection(wrong) }
      #expect(error?.message.contains("not signed by") == true, "\(error?.message ?? "")")
    }
  }

  @Test func `the nodes of a cluster are reached encrypted, also after a fail-over`() async throws {
    try await onThread {
      let cluster = try TestCluster(tls: try TestTLS())
      let link = try cluster.connect()
      let keys = (0..<50).map { "key-\($0)" }
      for key in keys { try link.call("SET", key, "old") }
      let nodes = try link.eachMaster { (node, _) throws(RedisError) in node }
      #expect(nodes.count == TestCluster.masterCount)
      let master = try cluster.master(0)
      #expect(try master.connect().call("WAIT", "1", "60000").integer == 1)
      try cluster.kill(master)
      for key in keys {
        try insist("\(key) is written") { try link.call("APPEND", key, "+new") }
        #expect(try link.call("GET", key).string?.hasPrefix("old+new") == true)
      }
    }
  }
}

/// A server that answers every connection with a text and leaves it open, or closes it if there is none to say.
private final class ScriptedServer: Sendable {
  let port: Int
  private let socket: Int32
  private let clients = Mutex<[Int32]>([])

  /// - Parameter text: What it says, in bytes below 128; nothing if nil; and it closes if empty.
  init(says text: String?) throws {
    port = try FreePort.find()
    let listening = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    socket = listening
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listening, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isBound, listen(listening, 64) == 0 else { throw POSIXError(.EADDRINUSE) }
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listening, nil, nil)
        guard client >= 0 else {
          close(listening)
          return
        }
        if let text, !text.isEmpty { _ = text.withCString { send(client, $0, strlen($0), 0) } }
        if text?.isEmpty == true || self == nil {
          close(client)
        } else {
          self?.clients.withLock { clients in
            clients.append(client)
            // Those before have given up.
            while clients.count > 8 { close(clients.removeFirst()) }
          }
        }
      }
    }
  }

  deinit {
    // Its thread closes it: until then, its number must not mean another socket.
    shutdown(socket, Int32(SHUT_RDWR))
    clients.withLock { for client in $0 { close(client) } }
  }
}
