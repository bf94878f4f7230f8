/// What a notice says to one side of a deal, in Korean and in English.
public struct NoticeText: Sendable {
  public var topic: NoticeTopic
  public var role: DealRole
  public var productname: String
  /// The wire name of a `Refusal` or a `CancelReason`; nil if there is none.
  public var reason: String?
  /// The deal's date, where it is told.
  public var reserveDt: String?

  public init(
    _ topic: NoticeTopic, to role: DealRole, productname: String, reason: String?, reserveDt: String?
  ) {
    self.topic = topic
    self.role = role
    self.productname = productname
    self.reason = reason
    self.reserveDt = reserveDt
  }

  /// Returns the text of a stored notice; nil if this release does not know what it is about.
  public init?(stored fields: Fields, to role: DealRole) {
    let status = fields["status"].flatMap { $0.isEmpty ? nil : $0 }
    guard status == nil || status.flatMap(Status.init(rawValue:)) != nil,
      let topic = NoticeTopic(type: fields["event"] ?? "", status: status.flatMap(Status.init(rawValue:)))
    else { return nil }
    self.init(
      topic, to: role, productname: fields["productname"] ?? "", reason: fields["reason"],
      reserveDt: fields["reserveDt"])
  }
}

extension NoticeText {
  public var korean: String {
    let why = Self.sentence(
      reason.flatMap { Refusal(rawValue: $0)?.message ?? CancelReason(rawValue: $0)?.message })
    let when = reserveDt.map { " 거래일: \($0)" } ?? ""
    let name = "‘\(productname)’"
    let what = role == .buyer ? name : "판매하시는 \(name)"
    return switch topic {
    case .cancelRefused: "예약을 취소할 수 없습니다.\(why)"
    case .reserveChanged: "\(what) 예약의 날짜나 장소가 바뀌었습니다.\(when)"
    case .reminded: "\(what) 거래일이 다가옵니다. 시간과 장소를 확인해 주세요."
    case .next: "\(what) 다음 차례가 되었습니다."
    case .termsChanged: "\(what) 판매 내용이 바뀌었습니다."
    case .listingChanged: "\(what) 판매 내용을 바꾸었습니다."
    case .listingReminded: "\(what) 아직 판매 중입니다. 내용을 다시 확인해 보세요."
    case .status(let status):
      switch status {
      case .reserved: "\(what) 예약이 완료되었습니다.\(when)"
      case .waiting: "\(what) 예약이 대기 중입니다.\(why)"
      case .running: "\(what) 거래가 시작되었습니다."
      case .rejected: "\(what) 거래를 진행할 수 없습니다.\(why)"
      case .completed: "\(what) 인수인계가 끝나 거래가 완료되었습니다."
      case .handedOver where role == .buyer: "\(what) 인계되었습니다. 받으셨다면 인수를 확인해 주세요."
      case .handedOver: "\(what) 인계되었습니다. 구매자의 인수 확인을 기다립니다."
      case .calledOff: "\(what) 거래를 판매자가 취소했습니다.\(why)"
      case .expired: "\(what) 거래일이 지나 예약이 만료되었습니다."
      case .cancelRequested: "\(what) 예약 취소를 요청했습니다."
      case .canceled: "\(what) 예약이 취소되었습니다."
      case .onSale: "\(what) 판매를 시작했습니다."
      case .saleEnded: "\(what) 판매를 종료했습니다."
      case .stockRegistered: "\(what) 재고가 등록되었습니다."
      case .stockAdjusted: "\(what) 재고가 조정되었습니다."
      case .stockWithdrawn: "\(what) 재고 등록이 해제되었습니다."
      case .stockHeld: "\(what) 재고를 확보했습니다."
      case .stockShort: "\(what) 재고가 부족합니다."
      case .stockDecreased: "\(what) 재고가 감소했습니다."
      case .stockReleased: "\(what) 재고가 복원되었습니다."
      }
    }
  }

  public var english: String {
    let why = Self.sentence(
      reason.flatMap { Refusal(rawValue: $0)?.english ?? CancelReason(rawValue: $0)?.english })
    let when = reserveDt.map { " Date: \($0)" } ?? ""
    let name = "“\(productname)”"
    let what = role == .buyer ? name : "Your sale \(name)"
    return switch topic {
    case .cancelRefused: "The reservation cannot be canceled.\(why)"
    case .reserveChanged: "\(what): the date or place of the reservation has changed.\(when)"
    case .reminded: "\(what): the date of the deal is near. Check the time and the place."
    case .next: "\(what): you are next."
    case .termsChanged: "\(what): the seller has changed the listing."
    case .listingChanged: "\(what): you have changed the listing."
    case .listingReminded: "\(what) is still on sale. Check whether it is up to date."
    case .status(let status):
      switch status {
      case .reserved: "\(what) is reserved.\(when)"
      case .waiting: "\(what): the reservation waits.\(why)"
      case .running: "\(what): the deal has started."
      case .rejected: "\(what): the deal is not possible.\(why)"
      case .completed: "\(what): handed over, the deal is complete."
      case .handedOver where role == .buyer: "\(what) was handed over. If you have received it, confirm that."
      case .handedOver: "\(what) was handed over. The buyer has yet to confirm it."
      case .calledOff: "\(what): the seller has called the deal off.\(why)"
      case .expired: "\(what): its date has passed, so the reservation has expired."
      case .cancelRequested: "\(what): a cancel was requested."
      case .canceled: "\(what): the reservation was canceled."
      case .onSale: "\(what) is on sale."
      case .saleEnded: "\(what): the sale has ended."
      case .stockRegistered: "\(what): the stock was registered."
      case .stockAdjusted: "\(what): the stock was adjusted."
      case .stockWithdrawn: "\(what): the stock was withdrawn."
      case .stockHeld: "\(what): units are held."
      case .stockShort: "\(what): there is not enough in stock."
      case .stockDecreased: "\(what): the stock has decreased."
      case .stockReleased: "\(what): the units are free again."
      }
    }
  }

  private static func sentence(_ text: String?) -> String { text.map { " \($0)" } ?? "" }
}
