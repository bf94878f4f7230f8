import Foundation
import Market
import Testbed
import Testing

@testable import Gateway

@Suite struct TextTests {
  @Test func bodyBecomesTexts() throws {
    let body =
      #"{"productid":"7","qty":2,"price":0,"delete":true,"status":"","address":null,"a":[1],"b":{"c":1},"d":1.5}"#
    let fields = try JSONBody.fields(of: Data(body.utf8))
    #expect(fields["productid"] == "7")
    #expect(fields["qty"] == "2")
    #expect(fields["price"] == "0")
    #expect(fields["delete"] == "true")
    #expect(fields["status"] == "")
    #expect(fields["d"] == "1.5")
    for name in ["address", "a", "b"] { #expect(fields[name] == nil) }
  }

  @Test(
    arguments: [
      ("1", "1"), ("0", "0"), ("-1", "-1"), ("1.0", "1"), ("1e2", "100"), ("1.5", "1.5"),
      ("9007199254740993", "9007199254740993"), ("12345678901234567890123", "12345678901234567890123"),
      ("true", "true"), ("false", "false"), (#""true""#, "true"), (#""""#, ""),
      (#""\u00e9\ud83d\uDE00\n\/\"\\""#, "é😀\n/\"\\"), ("null", nil), (" [ 1 , [ ] ] ", nil), ("{}", nil),
    ] as [(String, String?)])
  func valuesBecomeTexts(json: String, text: String?) throws {
    #expect(try JSONBody.fields(of: Data("{\"a\":\(json)}".utf8))["a"] == text)
  }

  @Test(
    arguments: [
      "[1]", "{", "\"text\"", "{\"a\":1}x", "nonsense", "1", " ", "{a:1}", #"{"a":01}"#, #"{"a":tru}"#,
      #"{"a" 1}"#, #"{"a":}"#, "{\"a\":\"\t\"}", #"{"a":"\x"}"#, #"{"a":"\ud800"}"#, #"{"a":"\"#,
    ])
  func whatIsNoObjectIsRefused(body: String) {
    let problem = #expect(throws: Problem.self) { try JSONBody.fields(of: Data(body.utf8)) }
    #expect(problem?.status == .badRequest)
  }

  @Test func emptyBodyHasNoFields() throws {
    #expect(try JSONBody.fields(of: Data()).isEmpty)
  }

  @Test func jsonIsEscaped() throws {
    var json = JSONWriter()
    let text = "\"\\\u{0}\u{1f}\n/한글 😀"
    json.object { json in
      json.write("a", text)
      json.array("b") { json in
        json.object { $0.write("c", 1) }
        json.object { _ in }
      }
      json.object("d") { $0.write("e", true) }
    }
    let parsed = try JSONDecoder().decode(JSON.self, from: Data(json.bytes))
    #expect(parsed["a"].text == text)
    #expect(parsed["b"].elements.count == 2)
    #expect(parsed["b"][0]["c"].integer == 1)
    #expect(parsed["d"].names == ["e"])
  }

  @Test func preferencesAreRead() {
    #expect(Preference(nil).duration(otherwise: .seconds(2)) == .seconds(2))
    #expect(Preference("respond-async").duration(otherwise: .seconds(2)) == .zero)
    #expect(Preference("Respond-Async; x=1, wait=\"3\"").duration(otherwise: .zero) == .seconds(3))
    #expect(Preference("wait=0").duration(otherwise: .seconds(2)) == .zero)
    #expect(Preference("wait=60").applied == "wait=10")
    #expect(Preference("wait=-1, wait=soon, other").applied == nil)
    #expect(Preference("respond-async, wait = 5").applied == "respond-async, wait=5")
  }

  @Test func pagesAreRead() throws {
    #expect(try PageRequest([:]).range == 0..<20)
    #expect(try PageRequest(["page": "2", "size": "10"]).range == 20..<30)
    #expect(try PageRequest(["size": "5000"]).size == 1000)
    #expect(try PageRequest(["sort": "price,desc"]).sort == .init(field: "price", isDescending: true))
    #expect(try PageRequest(["sort": "price"]).sort == .init(field: "price", isDescending: false))
  }

  @Test(
    arguments: [
      ["page": "-1"], ["page": "x"], ["size": "0"], ["page": "9007199254740"], ["sort": "price,up"],
    ] as [[Substring: Substring]])
  func wrongPagesAreRefused(query: [Substring: Substring]) {
    #expect(throws: Problem.self) { try PageRequest(.init(query.map { (key: $0.key, value: $0.value) })) }
  }

  @Test func commandIdsAreNewAndFresh() throws {
    #expect(CommandID.make() != CommandID.make())
    #expect(CommandID.isFresh(CommandID.make()))
    #expect(!CommandID.isFresh("h-1-x"))
    #expect(try CommandID.key("A-1") == "A-1")
    for key in ["", "a b", "한글", String(repeating: "x", count: 201)] {
      #expect(throws: Problem.self) { try CommandID.key(key) }
    }
  }

  @Test func pathsAreDecoded() throws {
    #expect(try URLText.decode(URLText.encode("홍 {길}/동%"), "userid") == "홍 {길}/동%")
    #expect(throws: Problem.self) { try URLText.decode("%FF", "userid") }
    for id in ["0", "-1", "+1", "x", "9007199254740992", "99999999999999999999"] {
      #expect(throws: Problem.self) { try URLText.id(id) }
    }
  }
}
