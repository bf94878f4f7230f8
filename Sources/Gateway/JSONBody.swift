import Foundation
import Market

/// The fields that a JSON body names, as texts: strings, numbers and booleans; anything else counts as not sent.
enum JSONBody {
  /// Reads a body; an empty one has no fields. Throws a 400 for what is no JSON object.
  static func fields(of bytes: Data) throws(Problem) -> Fields {
    if bytes.isEmpty { return Fields() }
    // A decoder has to be asked for one type after the other; here every value tells its own.
    guard let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
      throw Problem(
        .badRequest, "unreadableBody", "The body must be a JSON object such as {\"productid\": 1}, in UTF-8.")
    }
    var fields = Fields()
    for (name, value) in object {
      if let text = text(of: value) { fields.append(name, text) }
    }
    return fields
  }

  private static func text(of value: Any) -> String? {
    if let text = value as? String { return text }
    guard let number = value as? NSNumber else { return nil }
    // What C type it is kept as tells true from 1, and 1.0 from 1.
    switch number.objCType.pointee {
    case CChar(UInt8(ascii: "c")): return String(number.boolValue)
    case CChar(UInt8(ascii: "d")):
      return Int(exactly: number.doubleValue).map { String($0) } ?? number.stringValue
    default: return number.stringValue
    }
  }
}
