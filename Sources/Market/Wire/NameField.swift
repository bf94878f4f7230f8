/// A name that programs give: visible ASCII characters.
///
/// Redis compares names byte for byte, Swift compares texts as they look. For ASCII it is the same, so two commands
/// never count as one because their names only look alike.
struct NameField: Field {
  let name: String
  let length: ClosedRange<Int>

  var expected: String {
    "\(length.lowerBound) to \(length.upperBound) visible ASCII characters without spaces"
  }

  var koreanExpected: String { "빈칸 없는 ASCII 문자 \(length.lowerBound)~\(length.upperBound)자" }

  func parse(_ text: String) throws(FieldError) -> String {
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw refusal(.notAllowed, text) }
    guard length.contains(text.utf8.count) else { throw refusal(.tooLong, text) }
    return text
  }
}
