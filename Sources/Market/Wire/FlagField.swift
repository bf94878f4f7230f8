/// Yes or no: `1` or `0`, as JSON's `true` and `false` too; absent is no.
struct FlagField: Field {
  let name: String

  var expected: String { "1 or 0" }

  var koreanExpected: String { "1 또는 0" }

  func parse(_ text: String) throws(FieldError) -> Bool {
    switch text {
    case "1", "true": true
    case "0", "false": false
    default: throw refusal(.notAllowed, text)
    }
  }
}

extension Field where Self == FlagField {
  static func flag(_ name: String) -> FlagField { FlagField(name: name) }
}
