import Foundation
import Redis
import Workers

/// Checks what the URL of Redis names: the hosts, and what can be read on the way to them.
struct AddressCheck {
  /// How long one of several servers can take to connect, and then to answer.
  private static let patience = Duration.seconds(2)

  private let url: RedisURL
  /// The hosts of a URL that names hosts.
  private let nodes: [RedisNode]

  init(_ url: RedisURL) {
    self.url = url
    nodes =
      switch url.endpoint {
      case .tcp(let host, let port): RedisNode(host: host, port: Int(port)).map { [$0] } ?? []
      case .cluster(let nodes), .sentinel(let nodes, _): nodes
      case .unix: []
      }
  }

  /// Whether anybody else can see what is sent.
  private var isRemote: Bool { nodes.contains { !$0.isLoopback } }

  /// Returns what can be found before there is a connection.
  func findings() -> [Finding] {
    var findings = [Finding(.ok, "address", "\(url)")]
    if isRemote {
      findings.append(
        url.tls == nil
          ? Finding(
            .warning, "encryption",
            "Nothing is encrypted on the way to Redis: passwords, names and addresses can be read there.",
            remedy: "Write rediss:// and give Redis a certificate, or be sure of the network.")
          : Finding(.ok, "encryption", "The connection is encrypted, and its certificate is checked."))
    }
    findings += Set(nodes.map(\.host)).sorted().compactMap(Self.resolve)
    if nodes.count > 1 { findings += nodes.compactMap(answer) }
    return findings
  }

  /// Returns what only a connection tells.
  func findings(whenConnectedTo redis: RedisDeployment) -> [Finding] {
    let place =
      switch redis {
      case .single: "It answers."
      case .cluster(let cluster): "It is a cluster of \(cluster.masters.count) masters, and answers."
      }
    var findings = [Finding(.ok, "connection", place)]
    if isRemote, url.user == nil, url.password == nil, url.passwordFile == nil {
      findings.append(
        Finding(
          .warning, "password", "Redis lets in everybody who reaches it, without a password.",
          remedy: "Give it users, as compose/redis/users.acl does."))
    }
    return findings
  }

  /// Looks up a name. Returns nil for an address.
  private static func resolve(_ host: String) -> Finding? {
    guard !host.isAddress else { return nil }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard status == 0 else {
      return Finding(
        .problem, "name", "The name \(host) cannot be resolved: \(String(cString: gai_strerror(status))).",
        remedy: "Correct HANDOVER_REDIS_URL (--redis-url), or the DNS.")
    }
    var addresses: [String] = []
    var next = list
    while let one = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let size = socklen_t(text.count)
      if getnameinfo(one.pointee.ai_addr, one.pointee.ai_addrlen, &text, size, nil, 0, NI_NUMERICHOST) == 0 {
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        addresses.append(String(decoding: bytes, as: UTF8.self))
      }
      next = one.pointee.ai_next
    }
    return Finding(.ok, "name", "\(host) is \(addresses.joined(separator: ", ")).")
  }

  /// Tries one of several servers: the others can hide that it is away.
  private func answer(_ node: RedisNode) -> Finding? {
    var server = url
    server.endpoint = .tcp(host: node.host, port: node.port)
    if case .sentinel = url.endpoint { (server.user, server.password, server.passwordFile) = (nil, nil, nil) }
    do throws(RedisError) {
      let connection = try RedisConnection(
        server, connectTimeout: Self.patience, commandTimeout: Self.patience)
      _ = try connection.exchange(Commands("PING"))
      return nil
    } catch {
      return Finding(
        .warning, "address", "\(node) does not answer: \(error.message)",
        remedy: "Bring it back, or take it out of HANDOVER_REDIS_URL.")
    }
  }
}

extension RedisNode {
  /// Whether it is on this machine for sure.
  fileprivate var isLoopback: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.isAddress
  }
}

extension String {
  /// Whether it is an IP address.
  fileprivate var isAddress: Bool {
    var room = in6_addr()
    return inet_pton(AF_INET, self, &room) == 1 || inet_pton(AF_INET6, self, &room) == 1
  }
}
