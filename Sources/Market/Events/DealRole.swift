/// The side of a deal that a user is on.
public enum DealRole: String, CaseIterable, Sendable {
  case buyer = "구매"
  case seller = "판매"
}
