import NIOCore

/// The `host[:port]` of RFC 3986, restricted to what can be part of a link.
enum Authority {
  static let longest = 255

  /// Whether a text is a name or an address, with an optional port.
  ///
  /// RFC 3986 also allows percent signs and quotes in a name, but no name on any network has them.
  static func isValid(_ text: String) -> Bool {
    guard (1...longest).contains(text.utf8.count) else { return false }
    var rest = text[...]
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { return false }
      let address = rest[rest.index(after: rest.startIndex)..<end]
      guard address.utf8.allSatisfy(isAddress),
        (try? SocketAddress(ipAddress: String(address), port: 0)) != nil
      else { return false }
      rest = rest[rest.index(after: end)...]
    } else {
      let name = rest.utf8.prefix(while: isName)
      guard !name.isEmpty else { return false }
      rest = rest[name.endIndex...]
    }
    guard !rest.isEmpty else { return true }
    let port = rest.utf8.dropFirst()
    return rest.utf8.first == UInt8(ascii: ":") && (1...5).contains(port.count)
      && UInt16(Substring(port)) != nil
      && port.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isAddress(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: isDigit(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }
  }

  private static func isName(_ byte: UInt8) -> Bool { byte != UInt8(ascii: ":") && URLText.isPlain(byte) }
}
