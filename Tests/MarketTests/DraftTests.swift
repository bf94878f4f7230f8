import Testing

@testable import Market

@Suite struct DraftTests {
  private let reserve: Fields = [
    "type": "Reserve", "productid": "100", "userid": "abc", "productname": "애플워치", "qty": "1",
    "reserveDt": "2024-04-04", "address": "서울특별시 서초구 방배동", "price": "50000", "status": "예약완료",
  ]

  /// Returns the request with some fields set, or removed if nil.
  private func reserve(_ changes: [String: String?]) -> Fields {
    var changed = Fields(reserve.pairs.filter { !changes.keys.contains($0.name) })
    for (name, value) in changes { if let value { changed.append(name, value) } }
    return changed
  }

  @Test func `a request is normalized`() throws {
    let sent = reserve(["id": " 007 ", "qty": "0002", "userid": "  abc ", "_links": "{}", "price": "0"])
    let draft = try Draft(fields: sent, worker: .reservation)
    #expect(draft.kind == .reserve)
    #expect(draft.id == 7)
    #expect(draft.productid == 100)
    #expect(
      draft.fields == [
        "userid": "abc", "productname": "애플워치", "qty": "2", "reserveDt": "2024-04-04",
        "address": "서울특별시 서초구 방배동", "price": "0",
      ])
    guard case .reservation(.reserve(let read)) = try Command(fields: draft.fields(id: 7, productid: 100))
    else {
      Issue.record("not a Reserve")
      return
    }
    #expect(read.qty == 2 && read.id == 7 && read.productid == 100)
  }

  @Test func `a request can omit what the door can find`() throws {
    #expect(try Draft(fields: reserve, worker: .reservation).id == nil)
    #expect(try Draft(fields: reserve(["id": ""]), worker: .reservation).id == nil)
    let cancel = try Draft(fields: ["type": "CancelReserve", "id": "3"], worker: .reservation)
    #expect(cancel.productid == nil)
    #expect(cancel.fields(id: 3, productid: 9) == ["type": "CancelReserve", "id": "3", "productid": "9"])
    #expect(throws: FieldError.self) { try Draft(fields: ["type": "CancelReserve"], worker: .reservation) }
    #expect(throws: FieldError.self) { try Draft(fields: reserve(["productid": nil]), worker: .reservation) }
    #expect(try Draft(fields: reserve(["address": nil]), worker: .reservation).fields["address"] == "")
  }

  @Test func `a request for another worker is refused, and that worker's stream is named`() {
    let error = #expect(throws: FieldError.self) {
      try Draft(fields: ["type": "Handover", "id": "1"], worker: .reservation)
    }
    #expect(error?.reason == .notAllowed)
    #expect(error?.message.contains("trade.commands") == true)
    for type in [nil, "", "reserve", "Reserve\u{0}"] {
      #expect(throws: FieldError.self) { try Draft(fields: reserve(["type": type]), worker: .reservation) }
    }
  }

  @Test(
    arguments: [
      ("qty", nil, FieldError.Reason.missing), ("qty", " ", .missing), ("qty", "0", .outOfRange),
      ("qty", "1000001", .outOfRange), ("qty", "-1", .notANumber), ("qty", "+1", .notANumber),
      ("qty", "1.0", .notANumber), ("qty", "1e3", .notANumber), ("qty", "0x1", .notANumber),
      ("qty", "１", .notANumber), ("qty", "١", .notANumber), ("qty", "1 1", .notANumber),
      ("qty", "1\n", .notANumber), ("qty", "1\u{0}", .notANumber), ("qty", "true", .notANumber),
      ("id", "0", .outOfRange), ("id", "9007199254740992", .outOfRange),
      ("id", "99999999999999999999999999999999", .outOfRange), ("id", "18446744073709551617", .outOfRange),
      ("productid", "NaN", .notANumber), ("price", "9007199254740992", .outOfRange),
      ("userid", "", .missing), ("userid", nil, .missing), ("userid", "a\tb", .notText),
      ("userid", "a\u{7F}", .notText), ("userid", "a\u{0}", .notText), ("userid", "\r\n", .notText),
      ("userid", String(repeating: "가", count: 101), .tooLong),
      ("userid", "a" + String(repeating: "\u{301}", count: 400), .tooLong),
      ("productname", String(repeating: "p", count: 201), .tooLong), ("productname", "   ", .missing),
      ("address", String(repeating: "🏠", count: 501), .tooLong), ("address", "a\u{1B}[2J", .notText),
      ("userid", "a\u{9B}31mRED", .notText), ("productname", "n\u{9D}0;title\u{9C}", .notText),
      ("userid", "\u{80}", .notText), ("address", "a\u{9F}", .notText), ("userid", "a\u{202E}b", .notText),
      ("userid", "\u{202A}b", .notText), ("productname", "a\u{2066}b\u{2069}", .notText),
      ("address", "a\u{2028}b", .notText), ("address", "a\u{2029}", .notText),
      ("userid", "\u{FEFF}abc", .notText),
      ("reserveDt", nil, .missing), ("reserveDt", "2024-4-4", .notADate),
      ("reserveDt", "2023-02-29", .notADate),
      ("reserveDt", "1900-02-29", .notADate), ("reserveDt", "2024-13-01", .notADate),
      ("reserveDt", "2024-00-10", .notADate), ("reserveDt", "2024-04-31", .notADate),
      ("reserveDt", "2024-04-00", .notADate), ("reserveDt", "04/04/2024", .notADate),
      ("reserveDt", "2024-04-04T", .notADate), ("reserveDt", "2024-04-04T24:00", .notADate),
      ("reserveDt", "2024-04-04T10:60:00Z", .notADate), ("reserveDt", "2024-04-04T10:00:00+9", .notADate),
      ("reserveDt", "2024-04-04T10:00:00.Z", .notADate), ("reserveDt", "2024-04-04T10:00:00ZZ", .notADate),
      ("reserveDt", "2024-04-04 10:00", .notADate), ("reserveDt", "２０２４-04-04", .notADate),
      ("reserveDt", "2024-04-04T10:00:00." + String(repeating: "0", count: 99), .notADate),
    ] as [(String, String?, FieldError.Reason)])
  func `a wrong field is refused with its name and the reason`(
    field: String, value: String?, reason: FieldError.Reason
  ) {
    let error = #expect(throws: FieldError.self) {
      try Draft(fields: reserve([field: value]), worker: .reservation)
    }
    #expect(error?.field == field)
    #expect(error?.reason == reason)
    #expect(error?.message.hasPrefix(field) == true)
    #expect(error?.message.steers == false)
    #expect(error.map { $0.message.unicodeScalars.count < 160 } == true)
  }

  @Test(
    arguments: [
      ("qty", "1000000"), ("id", "9007199254740991"), ("price", "9007199254740991"),
      ("reserveDt", "2024-02-29"),
      ("reserveDt", "2000-02-29"), ("reserveDt", "2024-04-04T10:00:00Z"), ("reserveDt", "2024-04-04T10:00"),
      ("reserveDt", "2024-04-04T10:00:00.123456789+09:00"), ("reserveDt", "2024-04-04T23:59:59-03:30"),
      ("userid", String(repeating: "가", count: 100)), ("address", String(repeating: "🏠", count: 500)),
      ("userid", "\u{A0}\u{2027}\u{202F}\u{2065}\u{200D}"), ("address", "שלום \u{200F}עולם"),
      ("productname", "'; DROP TABLE reserves; --"), ("address", ""),
    ])
  func `values at the limits of the rules are accepted`(field: String, value: String) throws {
    let draft = try Draft(fields: reserve([field: value]), worker: .reservation)
    #expect(draft.fields(id: draft.id ?? 1, productid: 100)[field] == value || field == "id")
  }

  @Test func `the error says what the value must be`() {
    let error = #expect(throws: FieldError.self) {
      try Draft(fields: reserve(["qty": "abc"]), worker: .reservation)
    }
    #expect(error?.message == "qty must be a whole number from 1 to 1000000, but it is \"abc\".")
  }

  @Test(
    arguments: [
      ("ChangeReserve", DecidingWorker.reservation), ("ChangeTrade", .trade), ("AdjustStock", .stock),
    ])
  func `a change without any changed field is refused`(type: String, worker: DecidingWorker) {
    let error = #expect(throws: FieldError.self) {
      try Draft(fields: ["type": type, "id": "1", "status": ""], worker: worker)
    }
    #expect(error?.reason == .missing)
  }
}
