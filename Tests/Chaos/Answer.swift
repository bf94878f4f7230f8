import Market
import Testbed

/// The answer to a call, as far as its account needs it.
struct Answer: Sendable {
  /// The HTTP status; nil if the connection broke or no answer came in time.
  let status: UInt?
  private let body: JSON

  static let broken = Answer(status: nil, body: .null)

  private init(status: UInt?, body: JSON) {
    self.status = status
    self.body = body
  }

  init(_ answer: HTTP.Answer) { self.init(status: answer.status, body: (try? answer.json) ?? .null) }

  var name: String { status.map { "\($0)" } ?? "broken" }

  /// Whether the command was carried out.
  var isDone: Bool { status == 200 || status == 201 || status == 204 }
  /// Whether the command was admitted, but not decided yet.
  var isPending: Bool { status == 202 }
  /// Whether the outcome is unknown. Of what has left for the archive, the answer tells only that.
  var isOpen: Bool { status.map { $0 >= 500 || $0 == 410 } ?? true }

  var id: Int? { body["id"].integer }
  var commandid: String? { body["commandid"].text }
  var code: String? { body["code"].text }

  subscript(name: String) -> JSON { body[name] }

  /// The item itself, without the links, which name the ingress.
  var item: [String: JSON] {
    guard case .object(var members) = body else { return [:] }
    members["_links"] = nil
    return members
  }

  /// The reason why a worker refused the command; nil if it was refused at the door or earlier.
  var refusal: String? {
    guard let status, !isOpen, (400..<500).contains(status), let code, !Self.doorCodes.contains(code),
      // A code that is not right is named, though only the worker can tell.
      body["field"] == .null || body["field"].text == "code" && Refusal(rawValue: code) != nil
    else { return nil }
    return code
  }

  private static let doorCodes: Set<String> = [
    "stillRunning", "keyReused", "bodyTooLarge", "unreadableBody", "badIdempotencyKey",
  ]

  /// Whether it was refused before it could become a command.
  var isTurnedAway: Bool {
    !isOpen && status.map { (400..<500).contains($0) } ?? false && refusal == nil
  }
}
