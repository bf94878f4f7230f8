/// The answer to a command: whether it was done, and what there is now, or why not.
public struct Outcome: Equatable, Sendable {
  public var accepted: Bool
  /// The type of the event that finished the command.
  public var type: String
  /// The reservation, trade or inventory as it is shown. For a refusal: `id`, `reason` and `message`, `retryAt` if
  /// it is only for a while, and for a stale change also what there is now.
  public var fields: Fields

  public init(accepted: Bool, type: String, fields: Fields) {
    self.accepted = accepted
    self.type = type
    self.fields = fields
  }

  /// The outcome of the command that an event finishes.
  ///
  /// - Parameter view: The item as it is shown after that.
  public init(of event: Event, view: @autoclosure () -> Fields) {
    if case .rejected(let rejection) = event.fact {
      let refusal = rejection.refusal
      var fields: Fields = [
        "id": String(rejection.id), "reason": refusal.rawValue, "message": refusal.message,
      ]
      fields.write("retryAt", rejection.retryAt?.description)
      if refusal == .stale { fields.pairs += view().pairs.filter { $0.name != "id" } }
      self.init(accepted: false, type: event.type, fields: fields)
    } else {
      self.init(accepted: true, type: event.type, fields: view())
    }
  }

  /// The outcome as one text, joined by tabs.
  public var packed: String {
    var all: Fields = [accepted ? "accepted" : "rejected": type]
    all.pairs += fields.pairs
    return all.packed
  }

  public init?(packed: String) {
    guard var fields = Fields(packed: packed), let (verdict, type) = fields.pairs.first else { return nil }
    guard verdict == "accepted" || verdict == "rejected" else { return nil }
    fields.pairs.removeFirst()
    self.init(accepted: verdict == "accepted", type: type, fields: fields)
  }
}
