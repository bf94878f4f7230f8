import Keys
import Market
import Testing

/// The answers that lanes send to an ingress.
@Suite struct CommandAnswerTests {
  @Test func `an answer is read as it was written`() {
    let answer = CommandAnswer("accepted\tTradeListed\tid\t1", of: "c1")
    #expect(answer.fields == ["commandid": "c1", "outcome": "accepted\tTradeListed\tid\t1"])
    #expect(CommandAnswer(fields: answer.fields) == answer)
  }

  @Test func `an incomplete answer is not read`() {
    #expect(CommandAnswer(fields: ["commandid": "c1"]) == nil)
    #expect(CommandAnswer(fields: ["outcome": "accepted\tTradeListed"]) == nil)
  }
}
