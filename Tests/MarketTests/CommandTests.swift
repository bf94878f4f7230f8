import Testing

@testable import Market

@Suite struct CommandTests {
  static let commands: [Command] = [
    .reserve(1, qty: 2), .cancel(1), .cancel(1, delete: true), .move(1, to: "2024-05-05"),
    .move(1, address: ""), .move(1, to: "2024-05-05", address: "부산"), .list(), .handOver(),
    .handOver(reserve: 9), .relist(qty: 3), .relist(price: 0), .withdraw(), .register(qty: 3),
    .adjust(qty: 0),
    .withdrawStock(), .move(1, address: "", seen: Seen(version: 2)), .cancel(1, seen: Seen(version: 2)),
    .relist(qty: 3, seen: Seen(version: 1, held: 0, sold: 2)), .handOver(seen: Seen(version: 3)),
    .withdraw(seen: Seen(held: 1)), .withdraw(delete: true), .adjust(qty: 0, seen: Seen(version: 4, held: 0)),
    .withdrawStock(seen: Seen(version: 9)), .reserve(1, price: nil), .list(confirm: .code),
    .handOver(reserve: 9, code: "0427"), .callOff(reserve: 9),
    .callOff(reserve: 9, .damaged, seen: Seen(sold: 1)),
    .received(9),
  ]

  @Test(arguments: commands)
  func `a command is read back as it was written`(command: Command) throws {
    var fields: Fields = [
      "type": command.kind.rawValue, "id": String(command.id), "productid": String(command.productid),
    ]
    fields.pairs += command.payload.details.pairs
    #expect(try Command(fields: fields) == command)
    let draft = try Draft(fields: fields, worker: command.kind.worker)
    #expect(draft.fields(id: command.id, productid: command.productid) == fields)
  }

  @Test func `every kind of command has a sample, and knows its worker and entity`() {
    #expect(Set(CommandKind.allCases).subtracting(Self.commands.map(\.kind)) == [])
    #expect(CommandKind.allCases.filter(\.creates) == [.reserve, .listTrade, .registerStock])
    #expect(CommandKind.handover.worker == .trade && CommandKind.handover.entity == .trade)
    #expect(CommandKind.confirmReceipt.worker == .trade && CommandKind.confirmReceipt.entity == .reserve)
    #expect(CommandKind.adjustStock.worker == .stock && CommandKind.adjustStock.entity == .inventory)
  }

  @Test(arguments: ["id", "productid"])
  func `a command needs its id and product`(missing: String) {
    let fields: Fields = ["type": "WithdrawTrade", missing == "id" ? "productid" : "id": "1"]
    let error = #expect(throws: FieldError.self) { try Command(fields: fields) }
    #expect(error?.field == missing)
    #expect(error?.reason == .missing)
  }

  @Test func `a command names its caller if there is one`() throws {
    #expect(try Caller(fields: ["type": "Handover"]) == nil)
    #expect(try Caller(fields: ["commandid": "a"]) == Caller(commandid: "a"))
    #expect(try Caller(fields: ["commandid": "a", "replyto": "b"]) == Caller(commandid: "a", replyto: "b"))
    #expect(throws: FieldError.self) { try Caller(fields: ["commandid": "a\tb"]) }
  }

  @Test func `a command id is visible ASCII of limited length`() throws {
    let longest = String(repeating: "n", count: 300)
    #expect(try Caller.name(in: ["commandid": longest]) == longest)
    #expect(try Caller.name(givenIn: ["commandid": " mine "]) == "mine")
    #expect(try Caller.name(givenIn: ["type": "Handover"]) == nil)
    for name in ["caf\u{E9}", "cafe\u{301}", "\u{212A}", "a b", "a\u{7F}"] {
      let error = #expect(throws: FieldError.self) { try Caller.name(in: ["commandid": name]) }
      #expect(error?.field == "commandid" && error?.reason == .notAllowed)
    }
    #expect(throws: FieldError.self) { try Caller.name(in: ["commandid": longest + "n"]) }
    #expect(throws: FieldError.self) { try Caller.name(givenIn: ["commandid": longest]) }
    // What older releases admitted can still be read.
    #expect(try Caller(fields: ["commandid": "caf\u{E9}"])?.commandid == "caf\u{E9}")
  }
}
