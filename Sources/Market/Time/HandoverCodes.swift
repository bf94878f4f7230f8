/// The codes by which a buyer lets a seller complete a deal: four digits, which only the buyer is shown.
///
/// A code follows from the deal and a secret (SipHash-2-4, which without its key nobody can foresee). So it is never
/// stored, and the journal and the states do not tell it.
public struct HandoverCodes: Sendable {
  private let key: (UInt64, UInt64)

  /// - Parameter secret: any bytes; what is hard to guess about them protects the codes.
  public init(secret: some Sequence<UInt8>) {
    var halves: [UInt64] = []
    let secret = Array(secret)
    for half: UInt8 in [1, 2] {
      var hash = StableHash()
      hash.add(half)
      for byte in secret { hash.add(byte) }
      halves.append(hash.value())
    }
    key = (halves[0], halves[1])
  }

  /// Returns the code of a reservation's deal.
  ///
  /// - Parameter arrived: the position of its `ReserveCompleted`, which no other deal has.
  public func code(of reserveid: Int, arrived: EntryID) -> String {
    var hash = StableHash(key: key)
    hash.add("\(reserveid) \(arrived)")
    let digits = String(hash.value() % 10_000)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
}

/// A code as a seller enters it.
struct CodeDigits: Field {
  let name: String

  var expected: String { "the four digits that the buyer is shown" }

  var koreanExpected: String { "구매자 화면의 숫자 네 자리" }

  func parse(_ text: String) throws(FieldError) -> String {
    let isCode =
      text.utf8.count == 4 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isCode else { throw refusal(.notAllowed, text) }
    return text
  }
}

extension Field where Self == CodeDigits {
  static var handoverCode: CodeDigits { CodeDigits(name: "code") }
}
