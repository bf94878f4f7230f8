/// A strict parser of JSON objects (RFC 8259).
///
/// Written by hand, because Foundation's parser accepts trailing commas and other encodings, keeps the last
/// of two members with the same name, and turns numbers into binary fractions.
struct JSONScanner {
  enum Value: Equatable {
    case text(String)
    /// In plain digits if it is a whole number, otherwise as written.
    case number(String)
    case flag(Bool)
    case null
    /// An object or an array.
    case nested
  }

  /// Why the bytes are not a JSON object, and at which byte.
  struct Fault: Error {
    let why: String
    let place: Int
  }

  /// The deepest nesting of objects and arrays.
  private static let deepest = 32
  /// The most members of the object.
  private static let most = 100
  /// The most digits of a whole number that is written out in plain digits.
  private static let longest = 40

  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Parses the object and returns its members in order.
  mutating func object() throws(Fault) -> [(name: String, value: Value)] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw fault("it is not in UTF-8") }
    var members: [(name: String, value: Value)] = []
    skipSpace()
    guard next == UInt8(ascii: "{") else { throw fault("it does not begin with {") }
    try list(UInt8(ascii: "}")) { scanner throws(Fault) in
      let name = try scanner.name()
      guard !members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        throw scanner.fault("\"\(name.prefix(40))\" occurs twice")
      }
      guard members.count < Self.most else { throw scanner.fault("it has more than \(Self.most) members") }
      members.append((name, try scanner.value(depth: 1)))
    }
    skipSpace()
    guard place == bytes.count else { throw fault("something follows the object") }
    return members
  }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private func fault(_ why: String) -> Fault { Fault(why: why, place: place) }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { place += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let isThere = text.withUTF8Buffer { bytes[place...].starts(with: $0) }
    if isThere { place += text.utf8CodeUnitCount }
    return isThere
  }

  /// Parses a list of elements, from the opening bracket at the current place to the closing one.
  private mutating func list(
    _ end: UInt8, _ element: (inout JSONScanner) throws(Fault) -> Void
  ) throws(Fault) {
    place += 1
    skipSpace()
    if next == end {
      place += 1
      return
    }
    while true {
      skipSpace()
      try element(&self)
      skipSpace()
      if take(",") { continue }
      guard next == end else {
        throw fault("a comma or \(Character(Unicode.Scalar(end))) is missing")
      }
      place += 1
      return
    }
  }

  /// Parses a member's name and the colon after it.
  private mutating func name() throws(Fault) -> String {
    guard next == UInt8(ascii: "\"") else { throw fault("a name in quotation marks is missing") }
    let name = try string()
    skipSpace()
    guard take(":") else { throw fault("a colon is missing") }
    skipSpace()
    return name
  }

  private mutating func value(depth: Int) throws(Fault) -> Value {
    switch next {
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number(try number())
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < Self.deepest else { throw fault("it is more than \(Self.deepest) levels deep") }
      if next == UInt8(ascii: "[") {
        try list(UInt8(ascii: "]")) { scanner throws(Fault) in _ = try scanner.value(depth: depth + 1) }
      } else {
        try list(UInt8(ascii: "}")) { scanner throws(Fault) in
          _ = try scanner.name()
          _ = try scanner.value(depth: depth + 1)
        }
      }
      return .nested
    default:
      if take("true") { return .flag(true) }
      if take("false") { return .flag(false) }
      if take("null") { return .null }
      throw fault("a value is missing")
    }
  }

  // MARK: Texts

  private mutating func string() throws(Fault) -> String {
    place += 1
    var text: [UInt8] = []
    var start = place
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        text += bytes[start..<place]
        place += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += bytes[start..<place]
        text += String(try escaped()).utf8
        start = place
      case ..<0x20: throw fault("a string has an unescaped control character")
      default: place += 1
      }
    }
    throw fault("a string does not end")
  }

  private mutating func escaped() throws(Fault) -> Unicode.Scalar {
    place += 1
    guard let letter = next else { throw fault("a string does not end") }
    place += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try unit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      guard UTF16.isLeadSurrogate(unit), take("\\u") else { throw fault("a \\u is half of a surrogate pair") }
      let trail = try self.unit()
      guard UTF16.isTrailSurrogate(trail) else { throw fault("a \\u is half of a surrogate pair") }
      return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    default: throw fault("a \\ precedes a character that cannot be escaped")
    }
  }

  /// Parses the four hexadecimal digits of a `\u`.
  private mutating func unit() throws(Fault) -> UInt16 {
    let digits = bytes[place...].prefix(4)
    let isHexadecimal = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
    guard digits.count == 4, isHexadecimal,
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fault("a \\u lacks its four hexadecimal digits") }
    place += 4
    return unit
  }

  // MARK: Numbers

  private mutating func number() throws(Fault) -> String {
    let start = place
    let isNegative = take("-")
    let whole = digits()
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else {
      throw fault("a number is not valid JSON")
    }
    var fraction: ArraySlice<UInt8> = []
    if take(".") {
      fraction = digits()
      if fraction.isEmpty { throw fault("a number has a point, but no fraction") }
    }
    var exponent: Int? = 0
    if take("e") || take("E") {
      let isSmall = take("-")
      if !isSmall { _ = take("+") }
      let power = digits()
      if power.isEmpty { throw fault("a number has an e, but no exponent") }
      exponent = Int(String(decoding: power, as: UTF8.self)).map { isSmall ? -$0 : $0 }
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard place - start > whole.count + (isNegative ? 1 : 0), let exponent else { return text }
    return Self.plain(Array(whole + fraction), shifted: exponent - fraction.count, isNegative) ?? text
  }

  private mutating func digits() -> ArraySlice<UInt8> {
    let digits = bytes[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    place += digits.count
    return digits
  }

  /// Returns a number in plain digits, or nil if it is not whole or has too many digits.
  private static func plain(_ digits: [UInt8], shifted power: Int, _ isNegative: Bool) -> String? {
    var digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
    if digits.isEmpty { return "0" }
    var power = power
    while power < 0, digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      power += 1
    }
    guard power >= 0, digits.count + power <= longest else { return nil }
    digits += [UInt8](repeating: UInt8(ascii: "0"), count: power)
    return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self)
  }
}
