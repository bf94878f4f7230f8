import Foundation

/// The address and credentials of Redis: `redis://[user:password@]host[:port][/db]`, or `unix://path`.
///
/// A cluster can be named by several of its nodes, `redis://[user:password@]host[:port],host[:port]`, and a
/// primary by the sentinels that watch it, `redis-sentinel://[user:password@]host[:port],host[:port]/name`.
///
/// `rediss` and `rediss-sentinel` mean the same on encrypted connections, also those to sentinels.
public struct RedisURL: Sendable, Equatable, CustomStringConvertible {
  public enum Endpoint: Sendable, Equatable {
    case tcp(host: String, port: Int32)
    case unix(path: String)
    /// Several nodes of one cluster.
    case cluster([RedisNode])
    /// The primary that sentinels know under a name.
    case sentinel([RedisNode], primary: String)
  }

  public var endpoint: Endpoint
  public var user: String?
  public var password: String?
  public var database: Int
  /// A file with the password, in place of `password`. It is read at every connect, so that the password can be
  /// changed while the system runs.
  public var passwordFile: String?
  /// How connections are encrypted; nil if they are not.
  public var tls: RedisTLS?

  /// Parses a URL. Throws `.badURL`, naming the part that is wrong.
  public init(_ text: String) throws(RedisError) {
    guard let scheme = text.range(of: "://") else { throw Self.bad("has no scheme") }
    let rest = text[scheme.upperBound...]
    user = nil
    password = nil
    database = 0
    let name = text[..<scheme.lowerBound]
    tls = name.hasPrefix("rediss") ? RedisTLS() : nil
    switch name {
    case "unix":
      guard rest.hasPrefix("/") else { throw Self.bad("has a socket path that is not absolute") }
      guard rest.utf8.count < 108 else { throw Self.bad("has a socket path longer than 107 bytes") }
      endpoint = .unix(path: String(rest))
    case "redis", "rediss":
      let list = ServerList(rest)
      if list.count > 1 {
        endpoint = .cluster(try list.servers(port: 6379))
        guard list.path.isEmpty || list.path == "0" else {
          throw Self.bad("names several servers, so a cluster, which has no databases but 0")
        }
        (user, password) = try list.credentials()
        return
      }
      guard let parts = URLComponents(string: text) else { throw Self.bad("cannot be read") }
      let host = (parts.host ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
      guard !host.isEmpty else { throw Self.bad("names no host") }
      guard let port = Int32(exactly: parts.port ?? 6379), (1...65535).contains(port) else {
        throw Self.bad("has a port outside 1…65535")
      }
      endpoint = .tcp(host: host, port: port)
      user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
      password = parts.password
      let path = parts.path.drop { $0 == "/" }
      if !path.isEmpty {
        guard let number = Int(path), number >= 0 else {
          throw Self.bad("has a database that is not a number")
        }
        database = number
      }
    case "redis-sentinel", "rediss-sentinel":
      let list = ServerList(rest)
      let sentinels = try list.servers(port: 26379)
      let parts = list.path.split(separator: "/", omittingEmptySubsequences: false)
      guard let name = parts.first?.removingPercentEncoding, !name.isEmpty else {
        throw Self.bad("does not name the primary, as in redis-sentinel://host/mymaster")
      }
      guard parts.count == 1 else { throw Self.bad("has more than the primary's name after the sentinels") }
      endpoint = .sentinel(sentinels, primary: name)
      (user, password) = try list.credentials()
    default:
      throw Self.bad("has the unknown scheme “\(name)”")
    }
  }

  /// Creates the URL of one server, with the credentials of another URL.
  init(of node: RedisNode, as url: RedisURL) {
    endpoint = .tcp(host: node.host, port: node.port)
    user = url.user
    password = url.password
    passwordFile = url.passwordFile
    tls = url.tls
    database = 0
  }

  /// Whether there is a password to sign in with.
  var hasPassword: Bool { password != nil || passwordFile != nil }

  /// Returns what to sign in with: the password, after the user if there is one; nil if there is no password.
  ///
  /// Throws `.untrusted` if the password's file cannot be read.
  public func credentials() throws(RedisError) -> [String]? {
    let file = try passwordFile.map { (file) throws(RedisError) in
      try SmallFile.text(of: file, what: "the password of Redis (HANDOVER_REDIS_PASSWORD_FILE)")
    }
    guard let password = file ?? password else { return nil }
    return user.map { [$0, password] } ?? [password]
  }

  fileprivate static func bad(_ why: String) -> RedisError {
    RedisError(
      .badURL,
      """
      The Redis URL \(why). Write redis://[user:password@]host[:port][/db] or unix:///path/to/redis.sock; for a \
      cluster, redis://host[:port],host[:port]; for sentinels, redis-sentinel://host[:port],host[:port]/name. \
      To encrypt, write rediss in place of redis.
      """)
  }

  /// The URL without the password: safe to log.
  public var description: String {
    let sign = user.map { "\($0)@" } ?? ""
    let scheme = tls == nil ? "redis" : "rediss"
    switch endpoint {
    case .tcp(let host, let port):
      return "\(scheme)://\(sign)\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
    case .unix(let path): return "unix://\(path)"
    case .cluster(let nodes): return "\(scheme)://\(sign)\(Self.list(nodes))"
    case .sentinel(let sentinels, let primary):
      return "\(scheme)-sentinel://\(sign)\(Self.list(sentinels))/\(primary)"
    }
  }

  private static func list(_ nodes: [RedisNode]) -> String {
    nodes.map(\.description).joined(separator: ",")
  }
}

/// What follows the scheme of a URL that can name several servers, which `URLComponents` cannot read:
/// `[user:password@]host[:port],host[:port][/path]`.
private struct ServerList {
  private static let most = 100

  /// What is before the `@`, encoded.
  private let sign: Substring
  /// What follows the slash after the servers.
  let path: Substring
  private let names: [Substring]

  init(_ text: Substring) {
    let end = text.firstIndex { "/?#".contains($0) } ?? text.endIndex
    path = text[end...].dropFirst()
    let authority = text[..<end]
    let at = authority.lastIndex(of: "@")
    sign = authority[..<(at ?? authority.startIndex)]
    names = authority[(at.map { authority.index(after: $0) } ?? authority.startIndex)...]
      .split(separator: ",", omittingEmptySubsequences: false)
  }

  var count: Int { names.count }

  func credentials() throws(RedisError) -> (user: String?, password: String?) {
    let parts = sign.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      .map(\.removingPercentEncoding)
    guard !parts.contains(nil) else { throw RedisURL.bad("has a user or password that cannot be decoded") }
    let user = parts.first ?? nil
    return (user?.isEmpty == false ? user : nil, parts.count > 1 ? parts[1] : nil)
  }

  /// - Parameter port: the port of servers that are named without one.
  func servers(port: Int) throws(RedisError) -> [RedisNode] {
    guard !path.contains("@") else {
      throw RedisURL.bad("has an @ after the servers; in a password, / is written as %2F")
    }
    guard names.count <= Self.most else { throw RedisURL.bad("names more than \(Self.most) servers") }
    var servers: [RedisNode] = []
    for name in names {
      let server = try Self.server(name, port: port)
      if !servers.contains(server) { servers.append(server) }
    }
    return servers
  }

  /// Reads `host`, `host:port`, `[::1]` or `[::1]:port`.
  private static func server(_ name: Substring, port: Int) throws(RedisError) -> RedisNode {
    var (host, rest) = (name, Substring())
    if name.hasPrefix("["), let close = name.firstIndex(of: "]") {
      host = name[..<close].dropFirst()
      rest = name[close...].dropFirst()
    } else if let colon = name.firstIndex(of: ":") {
      (host, rest) = (name[..<colon], name[colon...])
    }
    guard !host.isEmpty else { throw RedisURL.bad("names a server without a host") }
    guard rest.isEmpty || rest.hasPrefix(":") else { throw RedisURL.bad("has a server “\(name)”") }
    guard let port = rest.isEmpty ? port : Int(rest.dropFirst()), (1...65535).contains(port) else {
      throw RedisURL.bad("has a port outside 1…65535 in “\(name)”")
    }
    guard let node = RedisNode(host: String(host), port: port) else {
      throw RedisURL.bad("has a host longer than 255 bytes")
    }
    return node
  }
}
