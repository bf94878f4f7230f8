extension FieldError.Reason {
  /// What is wrong with a field, in a Korean sentence that goes with any name.
  func korean(_ field: String) -> String {
    let field = Self.names[field].map { "\($0)(\(field))" } ?? field
    return switch self {
    case .missing: "\(field) 값을 입력해 주세요."
    case .notANumber: "\(field) 값은 숫자로만 적어 주세요."
    case .outOfRange: "\(field) 값이 범위를 벗어났습니다."
    case .tooLong: "\(field) 값이 너무 깁니다."
    case .notText: "\(field) 값에 쓸 수 없는 문자가 있습니다."
    case .notADate: "\(field) 값은 날짜로 적어 주세요."
    case .unknownType, .unknownWord: "알 수 없는 종류의 요청입니다."
    case .notAllowed: "\(field) 값이 올바르지 않습니다."
    case .unknownId: "\(field) 값에 해당하는 것이 없습니다."
    case .idTaken: "\(field) 값은 이미 사용된 번호입니다."
    case .crashed, .brokenLaw: "요청을 처리하지 못했습니다."
    }
  }

  /// What people call the fields.
  private static let names = [
    "id": "번호", "productid": "상품 번호", "userid": "사용자", "productname": "상품 이름", "qty": "수량",
    "reserveDt": "거래일", "address": "주소", "price": "가격", "status": "상태", "reserveid": "예약 번호",
    "tradeid": "거래 번호",
  ]
}
