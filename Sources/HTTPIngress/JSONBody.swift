import Hummingbird
import Market

/// Reads the fields of a JSON body as text: strings, numbers and booleans. A null counts as not sent.
enum JSONBody {
  /// Returns the fields of a body; an empty one has none. Throws a 400 if it is not a JSON object.
  ///
  /// - Parameter known: the members that the call takes, which are neither arrays nor objects.
  static func fields(
    of bytes: some Collection<UInt8>, known: Set<String> = known
  ) throws(Problem) -> Fields {
    if bytes.isEmpty { return Fields() }
    var scanner = JSONScanner(Array(bytes))
    let members: [(name: String, value: JSONScanner.Value)]
    do throws(JSONScanner.Fault) {
      members = try scanner.object()
    } catch {
      throw Problem(
        .unreadableBody,
        "The body must be a JSON object such as {\"productid\": 1}, in UTF-8: \(error.why), at byte \(error.place).",
        message: "요청의 본문이 올바른 JSON이 아닙니다."
      )
    }
    var fields = Fields()
    for (name, value) in members {
      switch value {
      case .text(let text), .number(let text): fields.append(name, text)
      case .flag(let flag): fields.append(name, String(flag))
      case .null: continue
      case .nested:
        guard known.contains(name) else { continue }
        throw Problem(
          .unreadableBody,
          "\(name) must be a string or a number, not an object or an array.", field: name,
          message: "\(name) 값은 글이나 숫자여야 합니다.")
      }
    }
    return fields
  }

  /// Throws a 415 if the content type is not JSON, or is missing although there is a body: a page of any
  /// origin can send those without a preflight.
  static func check(_ type: String?, isEmpty: Bool) throws(Problem) {
    guard let type else {
      if isEmpty { return }
      throw Problem(
        .notJSON, "A body needs the header Content-Type: application/json.",
        message: "본문에는 Content-Type: application/json이 필요합니다.")
    }
    let parts = type.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\"" } }
    let name = parts.first ?? ""
    let isJSON = name == "application/json" || name.hasPrefix("application/") && name.hasSuffix("+json")
    guard isJSON, parts.dropFirst().allSatisfy({ !$0.hasPrefix("charset=") || $0 == "charset=utf-8" }) else {
      throw Problem(
        .notJSON,
        "The body must be application/json in UTF-8, not \(type.prefix(60)).",
        message: "본문은 UTF-8로 된 application/json이어야 합니다.")
    }
  }

  /// The names of all known members; an array or an object under one of them is a mistake.
  private static let known: Set<String> = Set(
    (Entity.allCases.map { Resource.of($0) } + [.notice, .mypage]).flatMap(\.columns).map(\.name))
}
