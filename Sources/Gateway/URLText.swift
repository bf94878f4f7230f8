import Foundation

/// Text as it stands in a path segment or a query value.
enum URLText {
  private static let plain = CharacterSet(
    charactersIn: String(decoding: (UInt8.min...UInt8(127)).filter(isPlain), as: UTF8.self))

  static func encode(_ text: String) -> String {
    // Nearly every text is an id, which is plain as it stands.
    if text.utf8.allSatisfy(isPlain) { return text }
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
  }

  /// Throws a 400 where the text is not percent-encoded UTF-8.
  static func decode(_ text: String, _ name: String) throws(Problem) -> String {
    guard let plain = text.removingPercentEncoding, !plain.isEmpty else {
      throw Problem(.badRequest, "badPath", "\(name) must be percent-encoded UTF-8 text.", field: name)
    }
    return plain
  }

  /// Throws a 400 where the text is no id.
  static func id(_ text: String) throws(Problem) -> Int {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let id = Int(text), 1..<(1 << 53) ~= id else {
      throw Problem(.badRequest, "badId", "An id is a whole number from 1 to 9007199254740991.", field: "id")
    }
    return id
  }

  /// Whether RFC 3986 calls the byte unreserved.
  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
