extension Fields {
  /// The value of a field that must be there.
  func read<F: Field>(_ field: F) throws(FieldError) -> F.Value {
    guard let value = try find(field) else {
      throw FieldError(field.name, .missing, expected: field.expected, korean: field.koreanExpected)
    }
    return value
  }

  /// The value of a field that may be there; a blank one counts as absent unless blank is a value.
  func find<F: Field>(_ field: F) throws(FieldError) -> F.Value? {
    guard let text = self[field.name]?.trimmed, field.acceptsBlank || !text.isEmpty else { return nil }
    return try field.parse(text)
  }
}

extension String {
  /// The text without the ASCII spaces around it.
  fileprivate var trimmed: String {
    let space = UInt8(ascii: " ")
    guard utf8.first == space || utf8.last == space else { return self }
    let head = utf8.drop { $0 == space }
    guard let end = head.lastIndex(where: { $0 != space }) else { return "" }
    return String(Substring(head[...end]))
  }
}
