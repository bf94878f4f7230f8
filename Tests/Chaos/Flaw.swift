import Market
import Redis

/// An entry that cannot be a command.
struct Flaw {
  let name: String
  let inlet: DecidingWorker
  let words: RESPWords

  static func draw(_ dice: inout Dice, number: Int) -> Flaw {
    var fields = [
      "type": "Reserve", "id": "\(1_000_000 + number)", "productid": "\(number)", "userid": "김민지",
      "productname": "책", "qty": "1", "reserveDt": "2024-04-04", "address": "#\(number)", "price": "1",
    ]
    var raw: [UInt8]?
    let flaw = dice.pick([
      "no type", "unknown type", "type of another worker", "no product", "bad number", "bad date",
      "control character",
      "long text", "not UTF-8", "no field at all", "a name of other letters",
    ])
    switch flaw {
    case "no type": fields["type"] = nil
    case "unknown type": fields["type"] = dice.pick(["Reserved", "reserve", "", "ReserveCompleted"])
    case "type of another worker": fields["type"] = dice.pick(["ListTrade", "AdjustStock"])
    case "no product": fields["productid"] = nil
    case "bad number":
      let name = dice.pick(["productid", "qty", "price", "id"])
      fields[name] = dice.pick(["-1", "+1", "1e3", "hundred", "９", "99999999999999999999", "1.0", "0x1"])
    case "bad date": fields["reserveDt"] = dice.pick(["2024-02-30", "04/04/2024", "내일"])
    case "control character":
      fields[dice.pick(["userid", "productname", "address"])] = dice.pick(["a\u{0}b", "a\tb", "\u{7F}"])
    case "long text":
      fields[dice.pick(["userid", "productname", "address"])] = String(repeating: "길", count: 33_000)
    case "a name of other letters": fields["commandid"] = dice.pick(["caf\u{E9}", "cafe\u{301}", "\u{212A}"])
    case "not UTF-8": raw = dice.pick([[0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]])
    default: fields = ["remark": "\(number)"]
    }
    var words = RESPWords()
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      words.add(name)
      words.add(value)
    }
    if let raw {
      words.add(dice.pick(["userid", "remark", "번호"]))
      raw.withUnsafeBytes { words.add($0) }
    }
    return Flaw(name: flaw, inlet: .reservation, words: words)
  }
}
