/// The name of any member of a JSON object.
struct MemberName: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init(stringLiteral text: String) { stringValue = text }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<MemberName> {
  /// Throws unless this is all that stands in an object's text.
  ///
  /// A decoder drops one of two members with the same name, and another reader of the token may drop the other.
  func checkDistinct(in json: [UInt8]) throws {
    guard allKeys.count == Self.membersWritten(in: json) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "a name occurs twice"))
    }
  }

  /// Counts the members of an object that a decoder could read and that is not empty: the commas between them.
  private static func membersWritten(in json: [UInt8]) -> Int {
    var depth = 0
    var commas = 0
    var isText = false
    var isEscaped = false
    for byte in json {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = isText
      case UInt8(ascii: "\""): isText.toggle()
      case _ where isText: break
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ",") where depth == 1: commas += 1
      default: break
      }
    }
    return commas + 1
  }
}
