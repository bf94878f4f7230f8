import Foundation
import Market
import Testbed
import Testing

@testable import HTTPIngress

@Suite struct TextTests {
  @Test func `a JSON body becomes text fields`() throws {
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
      ("1", "1"), ("0", "0"), ("-1", "-1"), ("1.0", "1"), ("1e2", "100"), ("1E+2", "100"), ("100e-2", "1"),
      ("0.0", "0"), ("-10e-1", "-1"), ("1.50e1", "15"),
      ("0.99999999999999999999", "0.99999999999999999999"), ("1e-1", "1e-1"), ("1e5000", "1e5000"),
      ("1e99999999999999999999", "1e99999999999999999999"), ("1.5", "1.5"),
      ("9007199254740993", "9007199254740993"), ("12345678901234567890123", "12345678901234567890123"),
      ("true", "true"), ("false", "false"), (#""true""#, "true"), (#""""#, ""),
      (#""\u00e9\ud83d\uDE00\n\/\"\\""#, "é😀\n/\"\\"), ("null", nil), (" [ 1 , [ ] ] ", nil), ("{}", nil),
    ] as [(String, String?)])
  func `JSON values become normalized text`(json: String, text: String?) throws {
    #expect(try JSONBody.fields(of: Data("{\"a\":\(json)}".utf8))["a"] == text)
  }

  @Test(
    arguments: [
      "[1]", "{", "\"text\"", "{\"a\":1}x", "nonsense", "1", " ", "{a:1}", #"{"a":01}"#, #"{"a":tru}"#,
      #"{"a" 1}"#, #"{"a":}"#, "{\"a\":\"\t\"}", #"{"a":"\x"}"#, #"{"a":"\ud800"}"#, #"{"a":"\"#,
      #"{"a":1,}"#, "{,}", #"{"a":[1,]}"#, #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"a":1.}"#,
      #"{"a":1e}"#,
      #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":NaN}"#, "{'a':1}", #"{"a":1}//"#, "{\"a\":\"\u{0}\"}",
      #"{"a":"\ud800\u0041"}"#,
      #"{"a":"\u12"}"#, #"{"a":"\uff１1"}"#, "\u{FEFF}{}", #"{"id":[]}"#, #"{"qty":{"a":1}}"#,
    ])
  func `a body that is not a valid JSON object is refused`(body: String) {
    let problem = #expect(throws: Problem.self) { try JSONBody.fields(of: Data(body.utf8)) }
    #expect(problem?.status == .badRequest)
  }

  @Test func `encodings other than UTF-8 and too many fields are refused`() {
    for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32, .utf32LittleEndian] {
      let bytes = #"{"a":"b"}"#.data(using: encoding) ?? Data()
      #expect(throws: Problem.self) { try JSONBody.fields(of: bytes) }
    }
    #expect(throws: Problem.self) { try JSONBody.fields(of: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]) }
    let many = (1...101).map { "\"a\($0)\":1" }.joined(separator: ",")
    #expect(throws: Problem.self) { try JSONBody.fields(of: Data("{\(many)}".utf8)) }
  }

  @Test func `nested values under unknown names are ignored`() throws {
    let body = #"{"_links":{"self":{"href":"x"},"a":[{},[]]},"extra":[1,"\"]"],"id":1}"#
    #expect(try JSONBody.fields(of: Data(body.utf8)) == ["id": "1"])
  }

  @Test func `an empty body has no fields`() throws {
    #expect(try JSONBody.fields(of: Data()).isEmpty)
  }

  @Test func `written JSON is escaped and can be parsed`() throws {
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

  @Test func `the Prefer header is parsed`() {
    #expect(PreferHeader(nil).duration(otherwise: .seconds(2)) == .seconds(2))
    #expect(PreferHeader("respond-async").duration(otherwise: .seconds(2)) == .zero)
    #expect(PreferHeader("Respond-Async; x=1, wait=\"3\"").duration(otherwise: .zero) == .seconds(3))
    #expect(PreferHeader("wait=0").duration(otherwise: .seconds(2)) == .zero)
    #expect(PreferHeader("wait=60").applied == "wait=10")
    #expect(PreferHeader("wait=-1, wait=soon, other").applied == nil)
    #expect(PreferHeader("respond-async, wait = 5").applied == "respond-async, wait=5")
  }

  @Test func `page parameters are parsed`() throws {
    #expect(try PageRequest([:]).range == 0..<20)
    #expect(try PageRequest(["page": "2", "size": "10"]).range == 20..<30)
    #expect(try PageRequest(["size": "5000"]).size == 1000)
    #expect(try PageRequest(["sort": "price,desc"]).sort == .init(field: "price", isDescending: true))
    #expect(try PageRequest(["sort": "price"]).sort == .init(field: "price", isDescending: false))
  }

  @Test(
    arguments: [
      ["page": "-1"], ["page": "x"], ["size": "0"], ["page": "9007199254740"], ["sort": "price,up"],
    ] as [[String: String]])
  func `invalid page parameters are refused`(query: [String: String]) {
    #expect(throws: Problem.self) { try PageRequest(Fields(query.map { (name: $0.key, value: $0.value) })) }
  }

  @Test func `an idempotency key is at most 200 visible ASCII characters`() throws {
    #expect(try IdempotencyKey.read("A-1") == "A-1")
    for key in ["", "a b", "한글", String(repeating: "x", count: 201)] {
      #expect(throws: Problem.self) { try IdempotencyKey.read(key) }
    }
  }

  @Test func `path segments are decoded, and invalid ones are refused`() throws {
    #expect(try URLText.decode(URLText.encode("홍 {길}/동%"), "userid") == "홍 {길}/동%")
    // Foundation would remove the byte order mark, and show somebody else's page.
    #expect(try URLText.decode("%EF%BB%BFa", "userid").unicodeScalars.count == 2)
    for text in ["%FF", "%", "%4", "%4x", "%+1", ""] {
      #expect(throws: Problem.self) { try URLText.decode(text, "userid") }
    }
    for id in ["0", "-1", "+1", "x", "9007199254740992", "99999999999999999999"] {
      #expect(throws: Problem.self) { try URLText.id(id) }
    }
  }
}
