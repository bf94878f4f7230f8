/// The status of a reservation, a listing or a stock, in the words that people read.
public enum Status: String, CaseIterable, Sendable {
  case reserved = "예약완료"
  case waiting = "예약대기"
  case running = "거래진행중"
  case rejected = "거래불가"
  case completed = "거래완료"
  case cancelRequested = "취소요청"
  case canceled = "예약취소"
  case handedOver = "인계완료"
  case calledOff = "거래취소"
  case expired = "예약만료"
  case onSale = "판매중"
  case saleEnded = "판매종료"
  case stockRegistered = "재고등록"
  case stockAdjusted = "재고조정"
  case stockWithdrawn = "재고종료"
  case stockHeld = "재고확보"
  case stockShort = "재고부족"
  case stockDecreased = "재고감소"
  case stockReleased = "재고복원"

  /// How long a thing keeps a status.
  public enum Span: Sendable {
    /// From its beginning on, and never again.
    case first
    /// For a while, perhaps more than once.
    case passing
    /// For good.
    case final
  }

  public var span: Span {
    switch self {
    case .reserved, .stockRegistered: .first
    case .waiting, .running, .handedOver, .cancelRequested, .onSale, .stockAdjusted, .stockHeld, .stockShort,
      .stockDecreased, .stockReleased:
      .passing
    case .rejected, .completed, .canceled, .calledOff, .expired, .saleEnded, .stockWithdrawn: .final
    }
  }

  /// Whether such a thing can stand at it.
  public func isOf(_ entity: Entity) -> Bool {
    switch self {
    case .reserved, .waiting, .rejected, .cancelRequested, .canceled, .handedOver, .calledOff, .expired:
      entity == .reserve
    case .running, .completed: entity == .reserve || entity == .trade
    case .onSale, .saleEnded: entity == .trade
    case .stockRegistered, .stockAdjusted, .stockWithdrawn, .stockHeld, .stockShort, .stockDecreased,
      .stockReleased:
      entity == .inventory
    }
  }

  /// Reads a status, also as `거래 진행중`, the other spelling in use.
  public init?(wire: String) {
    self.init(rawValue: wire == "거래 진행중" ? Self.running.rawValue : wire)
  }
}
