/// What a listing asks for besides the seller's handover.
public enum Confirmation: String, CaseIterable, Sendable {
  /// Nothing: the seller's handover completes the deal.
  case none
  /// The buyer confirms to have received the goods.
  case buyer
  /// The seller gives the code that the buyer is shown.
  case code
}

extension Fields {
  /// What is not told is `none`.
  mutating func write(_ confirmation: Confirmation) {
    if confirmation != .none { append("confirm", confirmation.rawValue) }
  }

  func findConfirmation() throws(FieldError) -> Confirmation {
    try find(.code("confirm")) ?? .none
  }
}
