import Foundation

/// The address and credentials of a Redis server: `redis://[user:password@]host[:port][/db]` or
/// `unix://path`.
public struct RedisURL: Sendable, Equatable, CustomStringConvertible {
  public enum Endpoint: Sendable, Equatable {
    case tcp(host: String, port: Int32)
    case unix(path: String)
  }

  public var endpoint: Endpoint
  public var user: String?
  public var password: String?
  public var database: Int

  /// Parses a URL. Throws `.badURL`, naming the part that is wrong.
  public init(_ text: String) throws(RedisError) {
    func bad(_ why: String) -> RedisError {
      RedisError(
        .badURL,
        "The Redis URL \(why). Write redis://[user:password@]host[:port][/db] or unix:///path/to/redis.sock.")
    }
    guard let scheme = text.range(of: "://") else { throw bad("has no scheme") }
    let rest = text[scheme.upperBound...]
    user = nil
    password = nil
    database = 0
    switch text[..<scheme.lowerBound] {
    case "unix":
      guard rest.hasPrefix("/") else { throw bad("has a socket path that is not absolute") }
      guard rest.utf8.count < 108 else { throw bad("has a socket path longer than 107 bytes") }
      endpoint = .unix(path: String(rest))
    case "redis":
      guard let parts = URLComponents(string: text) else { throw bad("cannot be read") }
      let host = (parts.host ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
      guard !host.isEmpty else { throw bad("names no host") }
      guard let port = Int32(exactly: parts.port ?? 6379), (1...65535).contains(port) else {
        throw bad("has a port outside 1…65535")
      }
      endpoint = .tcp(host: host, port: port)
      user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
      password = parts.password
      let path = parts.path.drop { $0 == "/" }
      if !path.isEmpty {
        guard let number = Int(path), number >= 0 else { throw bad("has a database that is not a number") }
        database = number
      }
    default:
      throw bad("has the unknown scheme “\(text[..<scheme.lowerBound])”")
    }
  }

  /// The URL without the password: safe to log.
  public var description: String {
    switch endpoint {
    case .tcp(let host, let port):
      let sign = user.map { "\($0)@" } ?? ""
      return "redis://\(sign)\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
    case .unix(let path): return "unix://\(path)"
    }
  }
}
