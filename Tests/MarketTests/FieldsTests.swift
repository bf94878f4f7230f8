import Testing

@testable import Market

@Suite struct FieldsTests {
  @Test func `fields keep their order, and the first of a name counts`() {
    var fields: Fields = ["id": "1", "status": ""]
    fields.append("id", "2")
    #expect(fields.map(\.name) == ["id", "status", "id"])
    #expect(fields["id"] == "1")
    #expect(fields["status"] == "")
    #expect(fields["qty"] == nil)
  }

  @Test(
    arguments: [
      Fields(), ["a": "1"], ["a": "", "b": ""], ["이름": "애플워치 👨‍👩‍👧", "x": "\u{301}결합"], ["a": "=,:\"\\"],
    ])
  func `fields are packed and unpacked again`(fields: Fields) {
    #expect(Fields(packed: fields.packed) == fields)
  }

  @Test func `a packed text with a missing value cannot be unpacked`() {
    #expect(Fields(packed: "a") == nil)
    #expect(Fields(packed: "a\t1\tb") == nil)
  }

  @Test func `an outcome is packed into one text and unpacked again`() throws {
    let outcomes = [
      Outcome(accepted: true, type: "TradeListed", fields: ["id": "1", "address": "", "status": "판매중"]),
      Outcome(accepted: false, type: "CommandRejected", fields: ["id": "1", "reason": "soldOut"]),
      Outcome(accepted: true, type: "TradeListed", fields: [:]),
    ]
    for outcome in outcomes { #expect(Outcome(packed: outcome.packed) == outcome) }
    for text in ["", "perhaps\tTradeListed", "accepted"] { #expect(Outcome(packed: text) == nil) }
  }
}
