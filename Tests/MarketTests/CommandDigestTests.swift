import Testing

@testable import Market

@Suite struct CommandDigestTests {
  private static let reserve: Fields = [
    "type": "Reserve", "id": "7", "productid": "100", "userid": "구매자", "productname": "애플워치", "qty": "1",
    "reserveDt": "2024-04-04", "address": "서울", "price": "50000",
  ]

  private func digest(_ fields: Fields) throws -> CommandDigest? {
    let kind = try Command(fields: fields).kind
    return try Caller(command: Fields(fields.pairs + [("commandid", "c")]), kind: kind)?.digest
  }

  private func changed(_ name: String, _ value: String?) -> Fields {
    var fields = Self.reserve
    fields.pairs.removeAll { $0.name == name }
    if let value { fields.append(name, value) }
    return fields
  }

  @Test func `the hash matches the published SipHash-2-4 test vectors`() {
    // The test vectors of SipHash-2-4: the key is 00 01 … 0f, the text is the first bytes of 00 01 02 …
    for (count, expected): (UInt8, UInt64) in [
      (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (7, 0xab02_00f5_8b01_d137),
      (8, 0x93f5_f579_9a93_2462), (15, 0xa129_ca61_49be_45e5), (63, 0x958a_324c_eb06_4572),
    ] {
      var hash = StableHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
      for byte in 0..<count { hash.add(byte) }
      #expect(hash.value() == expected)
    }
  }

  /// It is stored, so no release can compute another number for the same command.
  @Test func `the digest of a command is the same in every release`() throws {
    #expect(try digest(Self.reserve)?.text == "cb996ff862520e2f")
  }

  @Test func `different commands have different digests`() throws {
    let own = try digest(Self.reserve)
    #expect(try digest(Self.reserve) == own)
    for (name, value) in [
      ("id", "8"), ("productid", "101"), ("userid", "구매"), ("address", ""), ("price", "50001"), ("qty", "2"),
    ] {
      #expect(try digest(changed(name, value)) != own)
    }
    #expect(
      try digest(["type": "Handover", "id": "1", "productid": "2"])
        != digest(["type": "WithdrawTrade", "id": "1", "productid": "2"]))
    // For an existing item, the product only leads to it.
    #expect(
      try digest(["type": "Handover", "id": "1", "productid": "2"])
        == digest(["type": "Handover", "id": "1", "productid": "3"]))
  }

  @Test func `a request and the door's command from it have the same digest`() throws {
    for fields in [Self.reserve, ["type": "Handover", "id": "1", "reserveid": "7"]] as [Fields] {
      let draft = try Draft(fields: fields, worker: CommandKind(fields: fields).worker)
      #expect(try digest(draft.fields(id: draft.id ?? 0, productid: draft.productid ?? 9)) == draft.digest)
    }
    // The request did not ask for the id that the door made, so the digest is passed along.
    let draft = try Draft(fields: changed("id", nil), worker: .reservation)
    var made = draft.fields(id: 5, productid: 100)
    #expect(try digest(made) != draft.digest)
    made.append(CommandDigest.field, draft.digest.text)
    #expect(try digest(made) == draft.digest)
    for text in ["", "0123456789abcdeg", "+123456789abcdef", "0123456789ABCDEF", "0123456789abcde"] {
      #expect(CommandDigest(text) == nil)
    }
  }

  @Test func `a record keeps the digest with the outcome, and older records can be read`() throws {
    let digest = try #require(CommandDigest("00c0ffee00c0ffee"))
    for outcome in ["", "accepted\tTradeListed\tproductname\ta b c"] {
      let record = CommandRecord(digest, outcome: outcome)
      #expect(CommandRecord(stored: record.stored) == record)
      #expect(record.isOf(digest) && !record.isOf(CommandDigest("10c0ffee00c0ffee")))
      let older = try #require(CommandRecord(stored: outcome))
      #expect(older == CommandRecord(nil, outcome: outcome) && older.isOf(digest))
    }
    #expect(CommandRecord(stored: CommandRecord.waiting) == nil)
  }
}

@Suite struct UsedIDTests {
  @Test func `a used id cannot be used again, but the id of a rejected command can`() throws {
    var (trade, stock, past): (ProductTrade, ProductStock, Past) = (ProductTrade(), ProductStock(), Past())
    func trades(_ command: Command) throws -> [String] {
      try TradeDecider.decide(.ask(command), at: .zero, &trade, after: &past, under: .timeless).map(\.summary)
    }
    #expect(try trades(.list(1)) == ["TradeListed → me"] && past.usedIDs == [1])
    #expect(try trades(.list(1)) == ["CommandRejected duplicateId → me"])
    #expect(try trades(.withdraw(1)) == ["TradeWithdrawn → me"])
    #expect(try trades(.list(2)) == ["TradeListed → me"])
    #expect(try trades(.withdraw(2)) == ["TradeWithdrawn → me"])
    #expect(try trades(.list(1)) == ["CommandRejected duplicateId → me"])
    #expect(trade.listing?.id == 2)
    past = Past()
    func stocks(_ command: Command) throws -> [String] {
      try StockDecider.decide(.ask(command), at: .zero, &stock, after: &past, under: .timeless).map(\.summary)
    }
    #expect(try stocks(.register(1)) == ["StockRegistered → me"])
    #expect(try stocks(.withdrawStock(1)) == ["StockWithdrawn → me"])
    #expect(try stocks(.register(1)) == ["CommandRejected duplicateId → me"] && stock.stock == nil)
    // A command without effect has not used its id.
    #expect(try stocks(.register(2)) == ["StockRegistered → me"])
    #expect(try stocks(.register(3)) == ["CommandRejected stockExists → me"])
    #expect(try stocks(.withdrawStock(2)) == ["StockWithdrawn → me"])
    #expect(try stocks(.register(3)) == ["StockRegistered → me"])
  }

  @Test func `a former listing can be deleted, but not changed otherwise`() throws {
    var (trade, past) = (ProductTrade(), Past())
    func trades(_ command: Command) throws -> [String] {
      try TradeDecider.decide(.ask(command), at: .zero, &trade, after: &past, under: .timeless).map(\.summary)
    }
    #expect(try trades(.list(1)) == ["TradeListed → me"])
    #expect(try trades(.withdraw(1)) == ["TradeWithdrawn → me"])
    #expect(try trades(.list(2)) == ["TradeListed → me"])
    #expect(try trades(.relist(1, price: 7)) == ["CommandRejected withdrawn → me"])
    #expect(try trades(.handOver(1)) == ["CommandRejected withdrawn → me"])
    #expect(try trades(.withdraw(1)) == ["CommandRejected withdrawn → me"])
    #expect(try trades(.withdraw(9, delete: true)) == ["CommandRejected notFound → me"])
    let present = trade
    #expect(try trades(.withdraw(1, delete: true)) == ["TradeDeleted → me"])
    #expect(try trades(.withdraw(1, delete: true)) == ["CommandRejected notFound → me"])
    #expect(trade == present && past.listings[1]?.isDeleted == true)
  }
}
