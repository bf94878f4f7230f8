import Market
import Testbed
import Testing

@testable import Gateway

@Suite struct ChangeTests {
  let present: Fields = [
    "id": "1", "productid": "7", "userid": "홍길동", "productname": "자전거", "qty": "2", "price": "10",
    "reserveDt": "2024-04-04", "status": "거래진행중",
  ]

  private func change(_ sent: Fields, isWhole: Bool = true) throws -> Change {
    try Change(.reserve, id: 1, sent: sent, present: present, isWhole: isWhole)
  }

  @Test func onlyWhatDiffersIsAskedFor() throws {
    var sent = present
    sent.append("address", " 서울 ")
    let drafts = try #require(try change(sent).drafts)
    #expect(drafts.asked.fields == ["reserveDt": "2024-04-04", "address": "서울"])
    #expect(drafts.new.fields == ["address": "서울"])
  }

  @Test func theSameAgainChangesNothing() throws {
    #expect(try change(present).drafts == nil)
    #expect(try change(["qty": "02", "productid": " 7 "]).drafts == nil)
    #expect(try change([:]).drafts == nil)
  }

  @Test(arguments: ["id", "productid", "userid", "productname", "qty", "price"])
  func fixedFieldsCannotChange(name: String) {
    let problem = #expect(throws: Problem.self) { try change([name: "5"]) }
    #expect(problem?.field == name)
    #expect(problem?.status == .unprocessableContent)
  }

  @Test func statusFollows() throws {
    #expect(try change(["status": "예약취소"]).drafts == nil)
    #expect(try change(["status": "거래 진행중"], isWhole: false).drafts == nil)
    let problem = #expect(throws: Problem.self) { try change(["status": "예약취소"], isWhole: false) }
    #expect(problem?.detail.contains("/reserves/1/reservecancel") == true)
  }

  @Test func wrongValuesAreNamed() {
    let error = #expect(throws: FieldError.self) { try change(["reserveDt": "tomorrow"]) }
    #expect(error?.field == "reserveDt")
  }
}
