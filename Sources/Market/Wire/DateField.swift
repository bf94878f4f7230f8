/// A deal's date (see `DealDate`), kept as it was sent.
struct DateField: Field {
  let name: String

  var expected: String { "a date such as 2024-04-04 or a time such as 2024-04-04T10:00:00Z" }

  var koreanExpected: String { "2024-04-04 같은 날짜 또는 2024-04-04T10:00:00Z 같은 시각" }

  func parse(_ text: String) throws(FieldError) -> String {
    guard DealDate(text) != nil else { throw refusal(.notADate, text) }
    return text
  }
}

extension Field where Self == DateField {
  static var reserveDt: DateField { DateField(name: "reserveDt") }
}
