/// What is wrong with one field, told to a person.
public struct FieldError: Error, Hashable, Sendable {
  public enum Reason: String, CaseIterable, Sendable {
    /// `unknownWord`: none of the words that this release knows.
    case unknownWord
    case missing, notANumber, outOfRange, tooLong, notText, notADate, unknownType, notAllowed, unknownId,
      idTaken, crashed, brokenLaw
  }

  public var field: String
  public var reason: Reason
  /// One English sentence: the field, what came, what is expected.
  public var message: String
  /// The same in Korean.
  public var korean: String

  public init(field: String, reason: Reason, message: String) {
    self.field = field
    self.reason = reason
    self.message = message
    korean = reason.korean(field)
  }

  /// - Parameters:
  ///   - expected: to be read after "must be".
  ///   - korean: the same as a Korean noun.
  init(_ field: String, _ reason: Reason, expected: String, korean: String? = nil, came: String? = nil) {
    let message =
      switch came {
      case nil: "\(field) is missing: it must be \(expected)."
      case .some where Self.personal.contains(field): "\(field) must be \(expected)."
      case .some(let came): "\(field) must be \(expected), but it is \"\(Self.shortened(came))\"."
      }
    self.init(field: field, reason: reason, message: message)
    if let korean { self.korean += " 필요한 값: \(korean)." }
    if let came, !Self.personal.contains(field) { self.korean += " 보낸 값: \"\(Self.shortened(came))\"." }
  }

  /// What is never quoted: messages go into logs and lists of dead letters.
  private static let personal: Set = ["address", "code"]

  /// The first 40 characters, fit to be shown: a message must itself steer nothing.
  private static func shortened(_ text: String) -> String {
    let limit = 40
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) {
      shown.append(scalar.steers ? "\u{FFFD}" : scalar)
    }
    return String(shown) + (text.unicodeScalars.count > limit ? "…" : "")
  }
}

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
