/// One word of a fixed list.
struct CodeField<Code: RawRepresentable<String>>: Field {
  let name: String

  var expected: String { "a known word" }

  var koreanExpected: String { "정해진 단어" }

  func parse(_ text: String) throws(FieldError) -> Code {
    guard let code = Code(rawValue: text) else { throw refusal(.unknownWord, text) }
    return code
  }
}

extension Field {
  static func code<Code>(_ name: String) -> Self where Self == CodeField<Code> { CodeField(name: name) }
}
