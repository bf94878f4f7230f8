import Testing

@testable import Market

/// What is stored under a command id.
@Suite struct CommandRecordTests {
  @Test func `the result of a record is its outcome, if there is one`() {
    let outcome = Outcome(accepted: true, type: "TradeListed", fields: ["id": "1"])
    #expect(CommandRecord(nil, outcome: outcome.packed).result == outcome)
    for text in ["", "nonsense"] { #expect(CommandRecord(nil, outcome: text).result == nil) }
  }
}
