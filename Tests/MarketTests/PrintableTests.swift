import Foundation
import Testing

@testable import Market

@Suite struct PrintableTests {
  @Test(arguments: [
    ("김민지 \u{1F600} é", "김민지 \u{1F600} é"),
    ("a\u{1B}[31mb\r\nc", "a\\u{1b}[31mb\\u{d}\\u{a}c"),
    ("\u{9B}31m \u{7F}", "\\u{9b}31m \\u{7f}"),
    ("\u{202E}evil\u{2066}", "\\u{202e}evil\\u{2066}"),
    ("line\u{2028}line", "line\\u{2028}line"),
    // A combining mark forms one `Character` with what is before it.
    ("\n\u{301}x", "\\u{a}\u{301}x"),
  ])
  func `control characters are escaped`(text: String, shown: String) {
    #expect(text.printable.utf8.elementsEqual(shown.utf8))
  }

  @Test func `escaped JSON decodes to the same text`() throws {
    let text = "a\u{9B}b\u{202E}\u{7F}\n\u{301}"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted]
    let json = String(decoding: try encoder.encode([text]), as: UTF8.self)
    let shown = json.printableJSON
    #expect(!shown.unicodeScalars.contains { $0.steers && $0 != "\n" })
    #expect(shown.contains("\\u009b") && shown.contains("\\u202e") && shown.contains("\\u007f"))
    #expect(try JSONDecoder().decode([String].self, from: Data(shown.utf8)) == [text])
  }
}
