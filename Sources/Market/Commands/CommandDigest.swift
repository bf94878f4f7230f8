/// A hash of what was asked for: tells a repeated command from another one under the same command id.
///
/// It covers what the sender said: the type, a chosen id, the product of a new thing, and the details. For the other
/// commands the product is only the way to the id. Who says it is part of the command id.
public struct CommandDigest: Hashable, Sendable {
  /// The field for the digest, if what was asked for differs from what the door admits.
  public static let field = "digest"

  /// What a door adds to what was said.
  private static let envelope = Set(["commandid", "replyto"] + ActingUser.names)

  private let value: UInt64

  init(_ fields: Fields, _ kind: CommandKind) {
    var hash = StableHash()
    for (name, value) in fields
    where !Self.envelope.contains(name) && (kind.creates || name != "productid") {
      hash.add(name)
      hash.add(value)
    }
    value = hash.value()
  }

  /// Reads 16 hexadecimal digits.
  init?(_ text: String) {
    let isDigits = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    guard text.utf8.count == 16, isDigits, let value = UInt64(text, radix: 16) else { return nil }
    self.value = value
  }

  /// 16 hexadecimal digits.
  public var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

extension Draft {
  /// What was asked for, without what the door adds.
  public var digest: CommandDigest {
    var asked: Fields = ["type": kind.rawValue]
    asked.write("id", id)
    asked.write("productid", productid)
    asked.pairs += fields.pairs
    return CommandDigest(asked, kind)
  }
}

/// A digest in its wire form.
struct DigestField: Field {
  let name: String

  var expected: String { "16 hexadecimal digits" }

  var koreanExpected: String { "16진수 숫자 16개" }

  func parse(_ text: String) throws(FieldError) -> CommandDigest {
    guard let digest = CommandDigest(text) else { throw refusal(.notAllowed, text) }
    return digest
  }
}

extension Field where Self == DigestField {
  static func digest(_ name: String) -> DigestField { DigestField(name: name) }
}
