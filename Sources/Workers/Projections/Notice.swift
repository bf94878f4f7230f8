import Keys
import Lanes
import Market

/// A message to one user about one change.
struct Notice {
  let id: NoticeID
  /// The fields that its id does not contain.
  let fields: Fields

  /// Returns the notices of an event: to the buyer of its deal, and to the seller if one is known.
  static func all(of item: JournalEvent, status: Status, seller: String?, in shard: Shard) -> [Notice] {
    var audience: [(String, DealRole)] = []
    if let buyer = item.event.buyer { audience.append((buyer, .buyer)) }
    if let seller { audience.append((seller, .seller)) }
    return audience.map { userid, role in
      Notice(
        item.event, status: status, to: NoticeID(of: item.position, in: shard, to: userid, as: role))
    }
  }

  private init(_ event: Event, status: Status, to id: NoticeID) {
    self.id = id
    var fields: Fields = [
      "productid": "\(event.productid)", "productname": event.productname, "status": status.rawValue,
      "message": Self.message(status, event, to: id.role),
    ]
    if let reserveid = event.reserveid { fields.append("reserveid", "\(reserveid)") }
    if let tradeid = event.tradeid { fields.append("tradeid", "\(tradeid)") }
    self.fields = fields
  }

  private static func message(_ status: Status, _ event: Event, to role: DealRole) -> String {
    let why = event.refusal.map { " \($0.message)" } ?? ""
    if case .rejected = event.fact { return "예약을 취소할 수 없습니다.\(why)" }
    let name = "‘\(event.productname)’"
    let what = role == .buyer ? name : "판매하시는 \(name)"
    return switch status {
    case .reserved: "\(what) 예약이 완료되었습니다. 거래일: \(event.deal?.terms?.reserveDt ?? "")"
    case .waiting: "\(what) 예약이 대기 중입니다.\(why)"
    case .running: "\(what) 거래가 시작되었습니다."
    case .rejected: "\(what) 거래를 진행할 수 없습니다.\(why)"
    case .completed: "\(what) 인수인계가 끝나 거래가 완료되었습니다."
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
