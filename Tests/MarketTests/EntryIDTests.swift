import Testing

@testable import Market

@Suite struct EntryIDTests {
  @Test func `an entry id is read back as written, and is ordered by time, then sequence`() throws {
    let texts = ["0-0", "0-1", "9-3", "10-2", "10-11", "18446744073709551615-18446744073709551615"]
    let positions = texts.compactMap { EntryID($0) }
    #expect(positions.map(\.description) == texts)
    #expect(positions.shuffled().sorted() == positions)
    #expect(EntryID("0-0") == .zero)
  }

  @Test(
    arguments: ["", "-", "1", "1-", "-1", "+1-1", "1-+1", "1-1-1", "a-b", " 1-1", "1-99999999999999999999"])
  func `a malformed entry id is rejected`(text: String) {
    #expect(EntryID(text) == nil)
  }
}

@Suite struct EntryTimeTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_712_188_800_001, "2024-04-04T00:00:00.001Z"),
      (4_107_542_399_702, "2100-02-28T23:59:59.702Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] as [(UInt64, String)])
  func `the time of an entry id is shown in UTC`(milliseconds: UInt64, text: String) {
    #expect(EntryID(milliseconds: milliseconds, sequence: 7).timestamp == text)
  }
}
