import Foundation
import Market

/// Percent-encoding of path segments and query values.
enum URLText {
  private static let plain = CharacterSet(
    charactersIn: String(decoding: (UInt8.min...UInt8(127)).filter(standsInPaths), as: UTF8.self))

  static func encode(_ text: String) -> String {
    // Nearly every text is an id, which needs no encoding.
    if text.utf8.allSatisfy(standsInPaths) { return text }
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
  }

  /// Returns the decoded text. Throws a 400 if it is empty or not percent-encoded UTF-8.
  static func decode(_ text: String, _ name: String) throws(Problem) -> String {
    guard let plain = plain(text.utf8), !plain.isEmpty else {
      throw Problem(
        .badPath, "\(name) must be percent-encoded UTF-8 text.", field: name,
        message: "주소를 읽을 수 없습니다.")
    }
    return plain
  }

  /// Parses the names and values of a query in form encoding, in which a plus is a space.
  static func query(_ text: String?) throws(Problem) -> Fields {
    var fields = Fields()
    for pair in (text ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      func plain(_ part: Substring.UTF8View) -> String? {
        Self.plain(part.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
      }
      let name = plain(parts[0])
      guard let name, let value = parts.count == 2 ? plain(parts[1]) : "" else {
        throw Problem(
          .badQuery, "\(name ?? "The query") must be percent-encoded UTF-8 text.", field: name,
          message: "주소를 읽을 수 없습니다.")
      }
      fields.append(name, value)
    }
    return fields
  }

  /// Returns the decoded text; nil if it is not percent-encoded, or not UTF-8.
  ///
  /// Foundation's decoding would remove a byte order mark, which a user's id can begin with.
  private static func plain(_ text: some Collection<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
  }

  /// Parses an id. Throws a 400 if the text is not one.
  static func id(_ text: String) throws(Problem) -> Int {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let id = Int(text), 1..<(1 << 53) ~= id else {
      throw Problem(
        .badId, "An id is a whole number from 1 to 9007199254740991.", field: "id",
        message: "번호는 1부터 9007199254740991까지의 정수입니다.")
    }
    return id
  }

  /// Whether the byte needs no encoding in our paths: unreserved, or a colon, which command ids contain.
  private static func standsInPaths(_ byte: UInt8) -> Bool { isPlain(byte) || byte == UInt8(ascii: ":") }

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
