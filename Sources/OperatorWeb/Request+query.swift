import Foundation
import HTTPIngress
import Hummingbird

extension Request {
  /// Whether personal data is asked for.
  var isShown: Bool { uri.queryParameters["show"] == "true" }

  /// Returns a text of the query; nil if there is none or it is empty. Throws if it is too long.
  func text(_ name: String, longest: Int) throws -> String? {
    guard let text = uri.queryParameters[name[...]].map(String.init), !text.isEmpty else { return nil }
    guard text.count <= longest else {
      throw Failure(.badRequest, "badQuery", "\(name) has more than \(longest) characters.")
    }
    return text
  }

  /// Returns a number of the query; nil if there is none. Throws if it is none, or out of range.
  func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = uri.queryParameters[name[...]] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Failure(
        .badRequest, "badQuery", "\(name) must be a number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  /// Decodes the body. Throws if it is not such JSON.
  func json<Value: Decodable>(_ type: Value.Type) async throws -> Value {
    let body = try await body.collect(upTo: ServerLimits().bodyBytes)
    do {
      return try JSONDecoder().decode(type, from: Data(buffer: body))
    } catch {
      throw Failure(.badRequest, "badBody", "The body is not the JSON that this needs.")
    }
  }
}
