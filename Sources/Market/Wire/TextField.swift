/// A text without control characters, of a bounded length in Unicode characters.
///
/// A character takes four bytes at most, so the bound holds for the bytes too. What is stored has to do without
/// those control characters only that separate fields; more is asked of what people send (`Fields.checkTexts`).
struct TextField: Field {
  let name: String
  let length: ClosedRange<Int>

  var expected: String {
    "a text of \(length.lowerBound) to \(length.upperBound) characters without control characters"
  }

  var koreanExpected: String { "제어 문자 없이 \(length.lowerBound)~\(length.upperBound)자" }

  var acceptsBlank: Bool { length.lowerBound == 0 }

  func parse(_ text: String) throws(FieldError) -> String {
    var count = 0
    for byte in text.utf8 {
      guard byte >= 0x20, byte != 0x7F else { throw refusal(.notText, text) }
      // Every byte of UTF-8 but the continuing ones begins a character.
      if byte & 0b1100_0000 != 0b1000_0000 { count += 1 }
    }
    guard count <= length.upperBound else { throw refusal(.tooLong, text) }
    return text
  }
}

extension Field where Self == TextField {
  static var userid: TextField { .person("userid") }
  static var seller: TextField { .person("seller") }
  static var productname: TextField { TextField(name: "productname", length: 1...200) }
  static var stockname: TextField { TextField(name: "stockname", length: 0...200) }
  static var address: TextField { TextField(name: "address", length: 0...500) }

  static func person(_ name: String) -> TextField { TextField(name: name, length: 1...100) }
  static func key(_ name: String) -> TextField { TextField(name: name, length: 1...300) }
}

extension Fields {
  /// Refuses texts that could forge or hide what others are shown.
  func checkTexts() throws(FieldError) {
    for (name, text) in pairs where text.steers {
      throw FieldError(
        name, .notText, expected: "a text without control characters, line breaks and changes of direction",
        came: text)
    }
  }
}
