import Hummingbird
import NIOCore

/// What counts as one client where nobody is signed in: an IPv4 address, or the /64 of an IPv6 address, which is what
/// a single customer of a network has.
struct ClientAddress: Hashable, Sendable {
  private let prefix: UInt64
  private let isIPv6: Bool

  /// Nil for an address that is not of IP.
  init?(_ address: SocketAddress) {
    guard let bytes = address.bytes else { return nil }
    prefix = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    isIPv6 = bytes.count > 4
  }
}

extension SocketAddress {
  /// Returns the client of a call: the right-most address that no trusted proxy has.
  ///
  /// Each proxy appends the address that called it. What stands to the left of an untrusted one was written by
  /// that one, who can write what it likes.
  ///
  /// - Parameter forwarded: the values of `X-Forwarded-For`, in order.
  func client(forwarded: [String], behind proxies: [AddressRange]) -> SocketAddress {
    var client = self
    for part in forwarded.reversed().lazy.flatMap({ $0.split(separator: ",").reversed() }) {
      guard client.isIn(proxies), let address = SocketAddress(forwarded: part) else { break }
      client = address
    }
    return client
  }

  func isIn(_ ranges: [AddressRange]) -> Bool { ranges.contains { $0.contains(self) } }

  /// Parses an address as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
  private init?(forwarded text: Substring) {
    var host = text.filter { $0 != " " && $0 != "\t" && $0 != "\"" }[...]
    if host.first == "[" {
      host = host.dropFirst().prefix { $0 != "]" }
    } else if host.count(where: { $0 == ":" }) == 1 {
      host = host.prefix { $0 != ":" }
    }
    guard let address = try? SocketAddress(ipAddress: String(host), port: 0) else { return nil }
    self = address
  }
}
