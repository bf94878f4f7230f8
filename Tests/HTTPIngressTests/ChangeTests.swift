import Market
import Testbed
import Testing

@testable import HTTPIngress

@Suite struct ChangeTests {
  private static let reserve: Fields = [
    "id": "1", "productid": "7", "userid": "홍길동", "productname": "자전거", "qty": "2", "price": "10",
    "reserveDt": "2024-04-04", "status": "거래진행중",
  ]
  private static let trade: Fields = [
    "id": "1", "productid": "7", "userid": "홍길동", "productname": "자전거", "qty": "2", "price": "10",
    "status": "거래진행중", "held": "1", "sold": "0", "version": "3",
  ]
  private static let inventory: Fields = [
    "id": "1", "productid": "7", "productname": "자전거", "qty": "2", "status": "재고확보", "held": "1",
  ]

  private func change(
    _ sent: Fields, _ entity: Entity = .reserve, at status: String? = nil, ifMatch: String? = nil
  ) throws -> ItemChange {
    var present =
      switch entity {
      case .reserve: Self.reserve
      case .trade: Self.trade
      case .inventory: Self.inventory
      }
    if let status { present = present.with("status", status) }
    return try ItemChange(entity, id: 1, sent: sent, present: present, ifMatch: ifMatch)
  }

  @Test func `a change contains only the fields that differ`() throws {
    let change = try change(Self.reserve.with("address", " 서울 "))
    #expect(change.asked.fields == ["reserveDt": "2024-04-04", "address": "서울", "status": "거래진행중"])
    #expect(change.command?.fields == ["address": "서울"])
  }

  @Test func `sending the current values makes no command`() throws {
    #expect(try change(Self.reserve).command == nil)
    #expect(try change(["qty": "02", "productid": " 7 "]).command == nil)
    #expect(try change([:]).command == nil)
    // Nor does a value that is already present, whatever page it was sent from.
    #expect(try change(["qty": "2", "version": "1", "held": "0"], .trade).command == nil)
  }

  @Test(arguments: ["id", "productid", "userid", "productname", "qty", "price"])
  func `fixed fields cannot be changed`(name: String) {
    let problem = #expect(throws: Problem.self) { try change([name: "5"]) }
    #expect(problem?.field == name)
    #expect(problem?.status == .unprocessableContent)
  }

  @Test func `the version and numbers of the page are sent with the change`() throws {
    let sent = Self.trade.with("price", "11").with("held", "0").with("version", "2")
    let command = try #require(try change(sent, .trade).command)
    #expect(command.fields == ["price": "11", "version": "2", "held": "0", "sold": "0"])
    let stock = try change(Self.inventory.with("qty", "5"), .inventory)
    #expect(stock.command?.fields == ["qty": "5", "held": "1"])
    #expect(try change(["qty": "5"], .inventory).command?.fields == ["qty": "5"])
    let error = #expect(throws: FieldError.self) { try change(["qty": "5", "version": "x"], .inventory) }
    #expect(error?.field == "version")
  }

  @Test(
    arguments: [
      ("\"3-1-0\"", "3", "1"), ("\"9-9-9\", \"3-1-0\"", "3", "1"), ("\"2-0-0\"", "2", "0"),
      ("*", nil, nil), ("W/\"3-1-0\"", "0", nil), ("\"3\"", "0", nil), ("3-1-0", "0", nil), ("", "0", nil),
      ("\"3--1-0\"", "3", "1"),
    ] as [(String, String?, String?)])
  func `If-Match says which version the client has seen`(header: String, version: String?, held: String?)
    throws
  {
    let command = try #require(try change(["price": "11"], .trade, ifMatch: header).command)
    #expect(command.fields["version"] == version && command.fields["held"] == held)
  }

  @Test func `of the versions in the body and in If-Match, the outdated one counts`() throws {
    let sent: Fields = ["price": "11", "version": "2"]
    #expect(try change(sent, .trade, ifMatch: "\"3-1-0\"").command?.fields["version"] == "2")
    let late = try change(["price": "11", "version": "3"], .trade, ifMatch: "\"2-1-0\"")
    #expect(late.command?.fields["version"] == "2")
  }

  @Test(
    arguments: [
      (.reserve, "거래진행중", "예약취소", .cancelReserve), (.reserve, "예약대기", "예약 취소", .cancelReserve),
      (.reserve, "거래완료", "예약취소", .cancelReserve), (.trade, "거래진행중", "거래완료", .handover),
      (.trade, "판매중", "거래완료", .handover), (.trade, "판매중", "판매종료", .withdrawTrade),
      (.inventory, "재고확보", "재고종료", .withdrawStock),
    ] as [(Entity, String, String, CommandKind)])
  func `a status that the item does not have yet becomes a command`(
    entity: Entity, present: String, sent: String, kind: CommandKind
  ) throws {
    let command = try #require(
      try change(["status": sent, "version": "3", "held": "0"], entity, at: present).command)
    #expect(command.kind == kind && command.id == 1)
    // What a deal holds changes together with the status.
    #expect(command.fields == ["version": "3"])
  }

  @Test(
    arguments: [
      (.reserve, "거래진행중", "거래 진행중"), (.reserve, "거래진행중", "예약완료"), (.reserve, "거래완료", "거래진행중"),
      (.reserve, "예약대기", "거래진행중"), (.reserve, "예약취소", "취소요청"), (.trade, "판매중", "거래진행중"),
      (.trade, "거래진행중", "판매중"), (.inventory, "재고감소", "재고확보"), (.inventory, "재고조정", "재고등록"),
      (.reserve, "예약완료", ""),
    ] as [(Entity, String, String)])
  func `a status from an earlier page is ignored`(entity: Entity, present: String, sent: String) throws {
    #expect(try change(["status": sent], entity, at: present).command == nil)
    let edit: Fields = entity == .reserve ? ["address": "부산"] : ["productname": "세발자전거"]
    #expect(try change(edit.with("status", sent), entity, at: present).command?.fields == edit)
  }

  @Test(
    arguments: [
      (.reserve, "예약대기", "거래완료"), (.reserve, "거래진행중", "거래불가"), (.reserve, "예약완료", "거래진행중"),
      (.reserve, "거래진행중", "판매중"), (.reserve, "거래진행중", "x"), (.trade, "판매중", "예약취소"),
      (.inventory, "재고등록", "재고확보"), (.inventory, "재고확보", "거래완료"),
    ] as [(Entity, String, String)])
  func `a status that clients cannot set is refused`(entity: Entity, present: String, sent: String) throws {
    let problem = #expect(throws: Problem.self) { try change(["status": sent], entity, at: present) }
    #expect(problem?.code.name == "statusFollows" && problem?.field == "status")
    #expect(problem?.detail.contains("/\(Resource.of(entity).collection)/1") == true)
    #expect(problem?.message.hasPrefix("상태는") == true)
    for action in Resource.of(entity).actions { #expect(problem?.detail.contains("/1/\(action)") == true) }
  }

  @Test func `a new status and an edit cannot be in one request`() throws {
    let sent: Fields = ["status": "거래완료", "price": "11", "version": "3"]
    let problem = #expect(throws: Problem.self) { try change(sent, .trade) }
    #expect(problem?.code.name == "oneAtATime" && problem?.field == "price")
    // The price can simply be that of an earlier page.
    let stale = #expect(throws: Problem.self) { try change(sent.with("version", "2"), .trade) }
    #expect(stale?.code.name == "stale" && stale?.status == .conflict)
    #expect(stale?.message.contains("price: 10 (보낸 값 11)") == true)
    #expect(stale?.detail.contains("version is 3, not 2") == true)
  }

  @Test func `a copy of a request is recognized whatever the item's state is now`() throws {
    let sent: Fields = ["status": "거래완료", "productname": "자전거", "version": "3"]
    let (before, after) = try (change(sent, .trade), change(sent, .trade, at: "거래완료"))
    #expect(before.command != nil && after.command == nil)
    #expect(before.asked.fields == after.asked.fields && before.asked.kind == after.asked.kind)
  }

  @Test func `an invalid value is reported with its field`() {
    let error = #expect(throws: FieldError.self) { try change(["reserveDt": "tomorrow"]) }
    #expect(error?.field == "reserveDt")
  }
}

extension Fields {
  /// Returns the fields with another value for one.
  fileprivate func with(_ name: String, _ value: String) -> Fields {
    Fields(pairs.filter { $0.name != name } + [(name, value)])
  }
}
