import Foundation
import Market
import Testbed
import Testing

@testable import HTTPIngress

@Suite struct ProblemTests {
  @Test func `a code means one thing, and is read back`() {
    let names = ProblemCode.allCases.map(\.name)
    #expect(Set(names).count == names.count)
    for code in ProblemCode.allCases { #expect(ProblemCode(code.name) == code) }
    #expect(ProblemCode("nonsense") == nil)
  }

  @Test(arguments: ProblemCode.allCases)
  func `every code is explained in both languages, in whole sentences`(code: ProblemCode) {
    let (korean, english) = (code.explanation.korean, code.explanation.english)
    #expect(korean.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) })
    #expect(english.unicodeScalars.allSatisfy { $0.isASCII } && english.split(separator: " ").count > 5)
    for text in [korean, english] { #expect([".", "c"].contains(text.last)) }
    #expect(code.status.code >= 400)
  }

  @Test func `the type of a problem leads to its explanation, for people and for programs`() async throws {
    try await TestIngress.run { stage in
      let problem = try await stage.call("GET", "/nowhere")
      let type = try #require(problem.json["type"].text)
      #expect(type == "/problems/unknownPath")
      let explained = try await stage.call("GET", type, nil, ["Accept": "application/json"])
      #expect(explained.json.names == ["code", "type", "status", "ko", "en"])
      #expect(explained.json["type"].text == type && explained.json["status"].integer == 404)
      #expect(explained.headers["vary"]?.hasSuffix("Accept") == true)

      let page = try await stage.raw(
        "GET \(type) HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
      #expect(page.contains("Content-Type: text/html; charset=utf-8\r\n"))
      #expect(page.contains("Content-Security-Policy: default-src 'none'; "))
      #expect(page.contains("<p lang=\"ko\">이 주소에는") && page.contains("<p lang=\"en\">There is nothing"))
      #expect(!page.contains("<script") && !page.contains("style"))
      let unknown = try await stage.call("GET", "/problems/nonsense")
      #expect(unknown.status == 404 && unknown.json["code"].text == "notFound")
    }
  }

  @Test func `a refusal of a newer release is answered with its own words`() {
    let outcome = Outcome(
      accepted: false, type: "CommandRejected", fields: ["id": "1", "reason": "newWord", "message": "새 이유"])
    let problem = Problem(refused: outcome)
    #expect(problem.code == .ingress(.refused) && problem.message == "새 이유")
    #expect(problem.status == .conflict)
  }
}
