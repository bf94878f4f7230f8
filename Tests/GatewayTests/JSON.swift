import Foundation

/// A JSON answer, to be looked into by names and places.
struct JSON {
  private let value: Any?

  init(_ data: Data) { value = try? JSONSerialization.jsonObject(with: data) }
  private init(value: Any?) { self.value = value }

  subscript(name: String) -> JSON { JSON(value: (value as? [String: Any])?[name]) }
  subscript(place: Int) -> JSON {
    guard let array = value as? [Any], array.indices.contains(place) else { return JSON(value: nil) }
    return JSON(value: array[place])
  }

  var text: String? { value as? String }
  var number: Int? { value as? Int }
  var count: Int? { (value as? [Any])?.count }
  var names: Set<String> { Set((value as? [String: Any])?.keys.map(\.self) ?? []) }
}
