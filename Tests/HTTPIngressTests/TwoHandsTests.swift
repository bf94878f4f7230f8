import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import HTTPIngress

/// How the two sides of a deal confirm a handover, and how a seller calls one off, over HTTP.
@Suite struct TwoHandsTests {
  private static let shard = Shard.of(productid: 7, among: FakeLane.shards)

  /// A reservation 5 of product 7 whose deal runs, as the workers store it.
  private static func running(confirm: String?) -> Commands {
    var reserve: Fields = [
      "id": "5", "productid": "7", "userid": "홍길동", "productname": "자전거", "qty": "2", "price": "15000",
      "reserveDt": "2024-04-04", "address": "서울", "tradeid": "3", "seller": "판매자", "status": "거래진행중",
      "until": "2026-11-28T01:00:00.000Z", "version": "2",
    ]
    var deal: Fields = [
      "phase": "held", "arrived": "1712-3", "reserveid": "5", "productid": "7", "userid": "홍길동",
      "productname": "자전거", "qty": "2",
    ]
    if let confirm {
      reserve.append("confirm", confirm)
      deal.append("confirm", confirm)
    }
    var store = Commands("HSET", Key.product(7, in: shard), "\(ProductTrade.runningPrefix)5", deal.packed)
    store.add(storing: reserve, as: .reserve, in: shard)
    store.add("SET", Key.directory(.reserve, id: 5), "7")
    store.add(
      storing: [
        "id": "3", "productid": "7", "userid": "판매자", "productname": "자전거", "qty": "2", "price": "1",
      ],
      as: .trade, in: shard)
    store.add("SET", Key.directory(.trade, id: 3), "7")
    return store
  }

  @Test func `the code is that of the trade worker, and there is one only while such a deal runs`()
    async throws
  {
    let codes = HandoverCodes(secret: "secret".utf8)
    try await TestIngress.run(setUp: { $0.codes = codes }) { stage in
      #expect(try await stage.call("GET", "/reserves/5/code").status == 404)
      try stage.redis(Self.running(confirm: "code"))
      let answer = try await stage.call("GET", "/reserves/5/code")
      #expect(answer.status == 200 && answer.headers["cache-control"]?.contains("no-store") == true)
      #expect(answer.json["reserveid"].integer == 5)
      #expect(
        answer.json["code"].text == codes.code(of: 5, arrived: EntryID(milliseconds: 1712, sequence: 3)))
      #expect(answer.json["_links"]["reserve"]["href"].text == stage.base + "/reserves/5")
      let links = try await stage.call("GET", "/reserves/5").json["_links"]
      #expect(links["code"]["href"].text == stage.base + "/reserves/5/code")

      try stage.redis(Commands("HDEL", Key.product(7, in: Self.shard), "\(ProductTrade.runningPrefix)5"))
      let ended = try await stage.call("GET", "/reserves/5/code")
      #expect(ended.status == 409 && ended.json["code"].text == "noCode")
      try stage.redis(Self.running(confirm: "buyer"))
      #expect(try await stage.call("GET", "/reserves/5/code").json["code"].text == "noCode")
    }
    try await TestIngress.run { stage in
      try stage.redis(Self.running(confirm: "code"))
      #expect(try await stage.call("GET", "/reserves/5/code").json["code"].text == "noCode")
    }
  }

  @Test func `a receipt is answered with the whole reservation, also by its operation`() async throws {
    let rule: FakeLane.Rule = { kind, _ in
      guard kind == .confirmReceipt else { return nil }
      return Outcome(
        accepted: true, type: "TradeCompleted",
        fields: [
          "id": "5", "productid": "7", "userid": "홍길동", "productname": "자전거", "qty": "2", "status": "거래완료",
          "confirm": "buyer",
        ])
    }
    try await TestIngress.run(rule: rule) { stage in
      try stage.redis(Self.running(confirm: "buyer"))
      let path = "/reserves/5/receipt"
      let tag = try #require(try await stage.call("GET", "/reserves/5").headers["etag"])
      let stale = try await stage.call("POST", path, nil, ["If-Match": "\"1\""])
      #expect(stale.status == 412 && stale.json["code"].text == "stale")
      let key = ["Idempotency-Key": "k", "If-Match": tag]
      let done = try await stage.call("POST", path, nil, key)
      #expect(done.status == 200 && done.headers["etag"] == tag)
      #expect(done.json["id"].integer == 5 && done.json["status"].text == "거래완료")
      #expect(done.json["price"].integer == 15000 && done.json["reserveDt"].text == "2024-04-04")
      #expect(done.json["address"].text == "서울" && done.json["version"].integer == 2)
      // It has ended: it does not end by itself.
      #expect(!done.json.names.contains("until"))
      #expect(done.json["_links"]["receipt"]["href"].text == stage.base + path)
      let again = try await stage.call("POST", path, nil, key)
      #expect(
        again.status == 200 && again.headers["idempotency-replayed"] == "true" && again.json == done.json)

      let later = try await stage.call("POST", path, nil, ["Prefer": "respond-async"])
      let operation = try #require(later.headers["location"])
      try await eventually("the operation is completed") {
        try await stage.call("GET", operation).json["status"].text == "completed"
      }
      let found = try await stage.call("GET", operation).json
      #expect(found["reserve"]["address"].text == "서울" && found["reserve"]["status"].text == "거래완료")
    }
  }

  @Test func `what a handover and a cancel say goes with the command`() async throws {
    let rule: FakeLane.Rule = { kind, fields in
      let told = kind == .handover ? fields["code"] == "0427" : fields["reason"] == "noShow"
      guard told, fields["reserveid"] == "5" else { return nil }
      return Outcome(
        accepted: true, type: "TradeListed",
        fields: [
          "id": "3", "productid": "7", "userid": "판매자", "productname": "자전거", "qty": "2", "price": "1",
          "status": "판매중", "confirm": "code", "remindAt": "2026-11-28T01:00:00.000Z",
        ])
    }
    try await TestIngress.run(rule: rule) { stage in
      try stage.redis(Self.running(confirm: "code"))
      let done = try await stage.call("POST", "/trades/3/handover", #"{"reserveid":5,"code":"0427"}"#)
      #expect(done.status == 200 && done.json["confirm"].text == "code")
      #expect(done.json["remindAt"].text == "2026-11-28T01:00:00.000Z")
      #expect(done.json["_links"]["cancel"]["href"].text == stage.base + "/trades/3/cancel")
      let off = try await stage.call("POST", "/trades/3/cancel", #"{"reserveid":"5","reason":"noShow"}"#)
      #expect(off.status == 200 && off.json["id"].integer == 3)
      for (body, field, code) in [
        (#"{"reason":"noShow"}"#, "reserveid", "missing"), (#"{"reserveid":5}"#, "reason", "missing"),
        (#"{"reserveid":5,"reason":"bored"}"#, "reason", "unknownWord"),
      ] {
        let wrong = try await stage.call("POST", "/trades/3/cancel", body)
        #expect(wrong.status == 422 && wrong.json["field"].text == field && wrong.json["code"].text == code)
      }
      let digits = try await stage.call("POST", "/trades/3/handover", #"{"code":"42"}"#)
      #expect(digits.status == 422 && digits.json["field"].text == "code")
    }
  }

  @Test func `a listing says how it is confirmed once and for all`() async throws {
    try await TestIngress.run { stage in
      let item = #""productid":7,"userid":"판매자","productname":"자전거","qty":1,"price":1"#
      let made = try await stage.call("POST", "/trades", #"{"id":3,\#(item),"confirm":"buyer"}"#)
      #expect(made.status == 201 && made.json["confirm"].text == "buyer")
      #expect(try await stage.call("PATCH", "/trades/3", #"{"confirm":"buyer"}"#).status == 200)
      let changed = try await stage.call("PATCH", "/trades/3", #"{"confirm":"code"}"#)
      #expect(changed.status == 422 && changed.json["code"].text == "fixedField")

      let plain = try await stage.call("POST", "/trades", #"{"id":4,\#(item),"confirm":"none"}"#)
      #expect(plain.status == 201 && !plain.json.names.contains("confirm"))
      #expect(try await stage.call("PATCH", "/trades/4", #"{"confirm":"none"}"#).status == 200)
      #expect(try await stage.call("PATCH", "/trades/4", #"{"confirm":"code"}"#).status == 422)
    }
  }

  @Test func `a reservation needs no price`() async throws {
    try await TestIngress.run { stage in
      let body =
        #"{"productid":7,"userid":"u","productname":"자전거","qty":1,"reserveDt":"2024-04-04","price":""}"#
      let made = try await stage.call("POST", "/reserves", body)
      #expect(made.status == 201)
      for name in ["price", "until", "confirm", "reason"] { #expect(!made.json.names.contains(name)) }
    }
  }

  @Test func `a wrong code is told at its field, and a pause says how long it takes`() async throws {
    let retryAt = Moment(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000) + 300_000)
    for (refusal, status) in [(Refusal.codeNeeded, 422), (.wrongCode, 422), (.codePaused, 409)] {
      let rule: FakeLane.Rule = { _, fields in
        var refused: Fields = ["id": "3", "reason": refusal.rawValue, "message": refusal.message]
        if refusal == .codePaused { refused.append("retryAt", "\(retryAt)") }
        return Outcome(accepted: false, type: "CommandRejected", fields: refused)
      }
      try await TestIngress.run(rule: rule) { stage in
        try stage.redis(Self.running(confirm: "code"))
        let refused = try await stage.call("POST", "/trades/3/handover", #"{"code":"0000"}"#)
        #expect(refused.status == status && refused.json["field"].text == "code")
        let seconds = refused.headers["retry-after"].flatMap { Int($0) }
        if refusal == .codePaused {
          #expect(try (1...300).contains(#require(seconds)))
        } else {
          #expect(seconds == nil)
        }
      }
    }
  }

  @Test func `the address is the seller's to see until the receipt is confirmed, and then too`() throws {
    let seller = Viewer.user(ActingUser("판매자"))
    for (status, isShown) in [
      ("예약대기", false), ("거래진행중", true), ("인계완료", true), ("거래완료", true), ("거래취소", false), ("예약만료", false),
    ] {
      let item: Fields = ["userid": "홍길동", "seller": "판매자", "address": "서울", "status": status]
      #expect((seller.shown(item, .reserve)["address"] == "서울") == isShown, "\(status)")
    }
  }
}
