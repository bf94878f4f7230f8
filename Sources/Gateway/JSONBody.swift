import Foundation
import Market

/// The fields that a JSON body names, as texts: strings, numbers and booleans; anything else counts as not sent.
struct JSONBody: Decodable {
  let fields: Fields

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads a body; an empty one has no fields. Throws a 400 for what is no JSON object.
  static func fields(of bytes: Data) throws(Problem) -> Fields {
    if bytes.isEmpty { return Fields() }
    do {
      return try JSONDecoder().decode(JSONBody.self, from: bytes).fields
    } catch {
      throw Problem(
        .badRequest, "unreadableBody", "The body must be a JSON object such as {\"productid\": 1}, in UTF-8.")
    }
  }

  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: Name.self)
    var fields = Fields()
    for name in object.allKeys {
      if let text = Self.text(of: name, in: object) { fields.append(name.stringValue, text) }
    }
    self.fields = fields
  }

  private static func text(of name: Name, in object: KeyedDecodingContainer<Name>) -> String? {
    if let text = try? object.decode(String.self, forKey: name) { return text }
    if let number = try? object.decode(Int.self, forKey: name) { return String(number) }
    if let flag = try? object.decode(Bool.self, forKey: name) { return String(flag) }
    if let number = try? object.decode(Double.self, forKey: name) { return String(number) }
    return nil
  }
}
