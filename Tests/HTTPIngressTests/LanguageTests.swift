import Foundation
import Market
import Testbed
import Testing

@testable import HTTPIngress

/// Messages for people are in a language that they asked for.
@Suite struct LanguageTests {
  @Test(
    arguments: [
      (nil, "ko"), ("", "ko"), ("ko", "ko"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("EN", "en"),
      ("fr", "ko"), ("*", "ko"),
      ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"), ("en;q=0.5, ko;q=0.4", "en"),
      ("en;q=0.4, ko;q=0.5", "ko"),
      ("en, ko", "en"), ("ko, en", "ko"), ("fr, en;q=0.3", "en"), ("en;q=0.3, *;q=0.5", "ko"),
      ("*, en;q=0.3", "ko"),
      ("ko;q=0", "en"), ("ko;q=0, *", "en"), ("en;q=0", "ko"), ("en;q=x", "ko"), (",;=,", "ko"),
      ("eng", "ko"),
    ] as [(String?, String)])
  func `Accept-Language chooses the preferred language`(header: String?, language: String) {
    #expect(Language(accepting: header).rawValue == language)
  }

  @Test func `every kind of problem has a Korean and an English message`() async throws {
    try await TestIngress.run { stage in
      let wrong =
        #"{"productid":"7","userid":"u","productname":"p","qty":0,"reserveDt":"2024-04-04","price":1}"#
      for (method, path, body, korean, english) in [
        ("POST", "/reserves", TestIngress.reserve(7, "sold"), "품절되었습니다.", "It is sold out."),
        (
          "POST", "/reserves", wrong,
          "수량(qty) 값이 범위를 벗어났습니다. 필요한 값: 1부터 1000000까지의 정수. 보낸 값: \"0\".",
          "qty must be a whole number from 1 to 1000000, but it is \"0\"."
        ),
        (
          "POST", "/reserves", "{}", "상품 번호(productid) 값을 입력해 주세요. 필요한 값: 1부터 9007199254740991까지의 정수.",
          "productid is missing: it must be a whole number from 1 to 9007199254740991."
        ),
        (
          "DELETE", "/notices", nil, "여기서는 할 수 없는 일입니다. /notices에서 할 수 있는 것: GET, HEAD, OPTIONS",
          "/notices takes only GET, HEAD, OPTIONS."
        ),
        (
          "GET", "/nowhere", nil, "찾을 수 없는 주소입니다: /nowhere",
          "There is nothing at /nowhere. GET / lists what there is."
        ),
        ("GET", "/reserves/9", nil, "찾을 수 없습니다.", "id 9 names no reserve that is known here."),
      ] {
        for (asked, expected) in [(nil, korean), ("en-US,en;q=0.9", english), ("ko", korean)] {
          let answer = try await stage.call(method, path, body, asked.map { ["Accept-Language": $0] } ?? [:])
          #expect(answer.json["message"].text == expected)
          #expect(answer.json["detail"].text == english)
          #expect(answer.headers["content-language"] == (expected == korean ? "ko" : "en"))
        }
      }
    }
  }

  @Test func `connection errors and operation outcomes follow Accept-Language too`() async throws {
    try await TestIngress.run { stage in
      let refused = try await stage.raw("GET / HTTP/1.1\r\nHost: a b\r\nAccept-Language: en\r\n\r\n")
      #expect(refused.contains("Content-Language: en\r\n") && refused.contains(#""message":"Host must be"#))
      let async = ["Prefer": "respond-async"]
      let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7, "sold"), async)
      // A later write in the same shard has overtaken it.
      _ = try await stage.call("POST", "/reserves", TestIngress.reserve(7))
      let operation = try #require(made.headers["location"])
      let english = try await stage.call("GET", operation, nil, ["Accept-Language": "en"])
      #expect(english.json["problem"]["message"].text == "It is sold out.")
      #expect(try await stage.call("GET", operation).json["problem"]["message"].text == "품절되었습니다.")
    }
  }

  @Test(arguments: Refusal.allCases)
  func `every refusal has a Korean and an English message`(refusal: Refusal) {
    let outcome = Outcome(
      accepted: false, type: "CommandRejected",
      fields: ["id": "1", "reason": refusal.rawValue, "message": refusal.message])
    let problem = Problem(refused: outcome)
    #expect(problem.detail == refusal.english && problem.message == refusal.message)
    #expect(problem.detail.utf8.allSatisfy { $0 < 0x80 } && problem.message.utf8.contains { $0 > 0x7F })
  }

  /// Every problem in the sources has a Korean message.
  @Test func `every problem in the sources has a Korean message`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/HTTPIngress").standardizedFileURL
    let files =
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
      .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
    #expect(files.count > 40)
    // A problem begins with a status, a code and a detail; the rest of the call must pass a message.
    let start = /(?:Problem|passing|self\.init)\(\s*(?:\.\w+|error\.status), "/
    for file in files {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: start) {
        var (depth, call) = (1, "")
        for character in text[match.range.upperBound...] {
          if character == "(" { depth += 1 }
          if character == ")" { depth -= 1 }
          if depth == 0 { break }
          call.append(character)
        }
        #expect(call.contains("message:"), "\(file.lastPathComponent): \(call.prefix(60))")
      }
    }
  }
}
