import Testbed
import Testing

@testable import Market

/// For any input, a decoder returns a value or an error that names the field and the reason.
@Suite struct FuzzTests {
  private static let seed: UInt64 = 20_240_404
  private static let names = [
    "type", "id", "productid", "userid", "productname", "qty", "reserveDt", "address", "price", "status",
    "reserveid", "delete", "seller", "tradeid", "held", "sold", "onhand", "onhold", "stockid", "reason",
    "commandid", "replyto", "", "id\0", "타입",
  ]

  @Test func `any input gives a value or a readable error`() throws {
    print("FuzzTests seed \(Self.seed)")
    var dice = SplitMix64(seed: Self.seed)
    var read = 0
    for _ in 0..<5000 {
      let fields = Self.fields(&dice)
      for worker in DecidingWorker.allCases {
        if let draft = Self.check({ () throws(FieldError) in try Draft(fields: fields, worker: worker) }) {
          // What a door admits, a shard can read.
          let full = draft.fields(id: draft.id ?? 1, productid: draft.productid ?? 1)
          #expect(throws: Never.self) { try Command(fields: full) }
          read += 1
        }
      }
      _ = Self.check { () throws(FieldError) in try Command(fields: fields) }
      if let event = Self.check({ () throws(FieldError) in try Event(fields: fields) }) {
        let again = try Event(fields: event.fields)
        #expect(again.fact == event.fact)
        read += 1
      }
      _ = Self.check { () throws(FieldError) in try Reservation(fields: fields) }
      _ = Self.check { () throws(FieldError) in try ProductTrade(fields: fields) }
      _ = Outcome(packed: fields.packed)
    }
    #expect(read > 500, "only \(read) inputs were valid: the fuzz no longer reaches behind the first rule")
  }

  /// Returns the value, if there is one. Otherwise, the error must be fit for people.
  private static func check<Value>(_ make: () throws(FieldError) -> Value) -> Value? {
    do throws(FieldError) {
      return try make()
    } catch {
      #expect(!error.message.isEmpty && error.message.unicodeScalars.count < 600)
      #expect(!error.message.steers)
      return nil
    }
  }

  /// Returns a command or event with some fields missing, doubled or corrupted.
  private static func fields(_ dice: inout SplitMix64) -> Fields {
    var fields: Fields = [
      "id": "7", "reserveid": "7", "productid": "100", "userid": "김민지", "productname": "애플워치", "qty": "1",
      "reserveDt": "2024-04-04", "address": "서울", "price": "50000", "status": "예약완료", "held": "0",
      "sold": "0", "onhand": "1", "onhold": "0", "stockid": "3",
    ]
    let types = CommandKind.allCases.map(\.rawValue) + DealStep.allCases.map(\.rawValue)
    fields.pairs.insert(("type", types[Int.random(in: 0..<types.count, using: &dice)]), at: 0)
    for _ in 0..<Int.random(in: 0...3, using: &dice) {
      let place = Int.random(in: 0..<fields.pairs.count, using: &dice)
      switch Int.random(in: 0..<4, using: &dice) {
      case 0: fields.pairs.remove(at: place)
      case 1: fields.append(names[Int.random(in: 0..<names.count, using: &dice)], strange(&dice))
      default: fields.pairs[place].value = strange(&dice)
      }
      if fields.pairs.isEmpty { break }
    }
    return fields
  }

  private static let strangeTexts = [
    "", " ", "-1", "+1", "0", "1e3", "٣", "9007199254740991", "9007199254740992",
    String(repeating: "9", count: 400), "007", " 7 ", "1.0", "NaN", "\0", "a\0b", "a\tb", "a\nb", "{1}", "}{",
    "%7B", "예약완료", "거래 진행중", "2024-02-30", "2024-04-04T25:00:00Z", "2024-04-04T10:00:00+09:00",
    String(repeating: "가", count: 1001), "👨‍👩‍👧‍👦", "\u{202E}", "\u{FFFD}", "\u{9B}31m", "\u{FEFF}a",
  ]
  private static let megabyte = String(repeating: "x", count: 1 << 20)

  private static func strange(_ dice: inout SplitMix64) -> String {
    if dice.oneIn(2000) { return megabyte }
    if !dice.oneIn(4) { return strangeTexts[Int.random(in: 0..<strangeTexts.count, using: &dice)] }
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<30, using: &dice) {
      if let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &dice)) { text.append(scalar) }
    }
    return String(text)
  }
}
