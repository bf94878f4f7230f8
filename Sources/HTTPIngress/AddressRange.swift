import NIOCore

/// An IP address, or a block of them: `10.0.0.0/8`, `::1`.
package struct AddressRange: Hashable, Sendable {
  private let bytes: [UInt8]
  /// The length of the prefix in bits.
  private let bits: Int

  /// Parses an address with an optional prefix length; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = try? SocketAddress(ipAddress: String(parts[0]), port: 0), let bytes = address.bytes
    else {
      return nil
    }
    let bits = parts.count == 1 ? bytes.count * 8 : Int(parts[1])
    guard let bits, 0...bytes.count * 8 ~= bits else { return nil }
    (self.bytes, self.bits) = (bytes, bits)
  }

  func contains(_ address: SocketAddress) -> Bool {
    guard let other = address.bytes, other.count == bytes.count else { return false }
    let whole = bits / 8
    guard bytes[..<whole] == other[..<whole] else { return false }
    let mask = ~(UInt8.max >> UInt8(bits % 8))
    return bits % 8 == 0 || bytes[whole] & mask == other[whole] & mask
  }
}

extension SocketAddress {
  /// The 4 or 16 bytes of an IP address; an IPv4-mapped IPv6 address yields its 4 IPv4 bytes.
  var bytes: [UInt8]? {
    switch self {
    case .v4(let address): return withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
      let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
      return bytes.starts(with: mapped) ? Array(bytes.dropFirst(mapped.count)) : bytes
    case .unixDomainSocket: return nil
    }
  }
}
