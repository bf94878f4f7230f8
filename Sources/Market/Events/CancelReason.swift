/// Why a seller called a deal off.
public enum CancelReason: String, CaseIterable, Sendable {
  case noShow, changedMind, damaged, other

  public var english: String {
    switch self {
    case .noShow: "The buyer did not show up."
    case .changedMind: "The seller changed their mind."
    case .damaged: "The goods are damaged."
    case .other: "The seller has another reason."
    }
  }

  /// The same in words for the people of the deal.
  public var message: String {
    switch self {
    case .noShow: "구매자가 나타나지 않았습니다."
    case .changedMind: "판매자의 마음이 바뀌었습니다."
    case .damaged: "상품에 문제가 생겼습니다."
    case .other: "판매자에게 다른 사정이 있습니다."
    }
  }
}
