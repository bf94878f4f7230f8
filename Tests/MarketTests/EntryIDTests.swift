import Testing

@testable import Market

@Suite("A position")
struct EntryIDTests {
  @Test("is read as it is written, and orders by time, then by place")
  func order() throws {
    let texts = ["0-0", "0-1", "9-3", "10-2", "10-11", "18446744073709551615-18446744073709551615"]
    let positions = texts.compactMap { EntryID($0) }
    #expect(positions.map(\.description) == texts)
    #expect(positions.shuffled().sorted() == positions)
    #expect(EntryID("0-0") == .zero)
    #expect(EntryID("x5-1".dropFirst()) == EntryID(milliseconds: 5, sequence: 1))
  }

  @Test(
    "is nothing else",
    arguments: ["", "-", "1", "1-", "-1", "+1-1", "1-+1", "1-1-1", "a-b", " 1-1", "1-99999999999999999999"])
  func nonsense(text: String) {
    #expect(EntryID(text) == nil)
  }
}
