/// A node of a cluster, by the address that it announces or that a URL names.
public struct RedisNode: Hashable, Sendable, CustomStringConvertible {
  /// A name, or an IP address without brackets. Names are resolved at every connect.
  public let host: String
  public let port: Int32

  /// Returns nil if no server can have the address: an empty or very long host, or a port outside 1…65535.
  public init?(host: String, port: Int) {
    guard (1...255).contains(host.utf8.count), let port = Int32(exactly: port), (1...65535).contains(port)
    else { return nil }
    self.host = host
    self.port = port
  }

  /// Reads an address as nodes announce it. No host, or an empty one, means the node that said so; returns
  /// nil for `?`, a node that announces no address.
  init?(announced host: String?, port: Int?, by sender: RedisNode) {
    guard let port, host != "?" else { return nil }
    self.init(host: host.flatMap { $0.isEmpty ? nil : $0 } ?? sender.host, port: port)
  }

  /// Reads `host:port` as nodes announce it. An IPv6 address has no brackets there, so the last colon splits.
  init?(announced address: Substring, by sender: RedisNode) {
    guard let colon = address.lastIndex(of: ":") else { return nil }
    self.init(
      announced: String(address[..<colon]), port: Int(address[address.index(after: colon)...]), by: sender)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
