import Hummingbird
import Market

extension Problem {
  /// The fields of an item that a person can have seen, and that can have changed since.
  private static let told = ["productname", "qty", "price", "reserveDt", "address"] + Seen.names

  /// Returns a 409 for a change that was based on an outdated page; its detail lists the present values.
  ///
  /// - Parameters:
  ///   - present: the item's present state.
  ///   - sent: what the client sent; nil lists all values that can have changed.
  static func stale(_ present: Fields, sent: Fields?) -> Problem {
    let now = told.compactMap { name -> (name: String, value: String, sent: String)? in
      guard let value = present[name] ?? (name == "version" ? "1" : nil) else { return nil }
      guard let sent else { return (name, value, "") }
      guard let old = sent[name], old != value else { return nil }
      return (name, value, old)
    }
    let english = now.map { "\($0.name) is \($0.value)" + ($0.sent.isEmpty ? "" : ", not \($0.sent)") }
    let korean = now.map { "\($0.name): \($0.value)" + ($0.sent.isEmpty ? "" : " (보낸 값 \($0.sent))") }
    func list(_ parts: [String], after head: String) -> String {
      parts.isEmpty ? "" : " \(head) \(parts.joined(separator: "; "))."
    }
    return Problem(
      .refusal(.stale),
      "It has changed since it was read.\(list(english, after: "Now")) Read it again and repeat the change.",
      message: Refusal.stale.message + list(korean, after: "지금은"))
  }

  /// Why a command was refused, for a call that said what it had seen.
  init(refused outcome: Outcome, sent: Fields?, ifMatch: String?) {
    guard outcome.isStale else {
      self.init(refused: outcome)
      return
    }
    self = .stale(outcome.fields, sent: sent)
    if ifMatch != nil { status = .preconditionFailed }
  }
}

extension Outcome {
  /// Whether the page was outdated, so that its fields tell what there is now.
  var isStale: Bool { !accepted && fields["reason"] == Refusal.stale.rawValue }
}
