extension Fields {
  private static let tab = UInt8(ascii: "\t")

  /// All fields in one text, names and values joined by tabs.
  ///
  /// Unambiguous because no text of the market holds a control character.
  public var packed: String {
    var text = ""
    for (name, value) in pairs {
      if !text.isEmpty { text += "\t" }
      text += name
      text += "\t"
      text += value
    }
    return text
  }

  /// Takes a packed text apart; nil if a name is without its value.
  public init?(packed: String) {
    self.init()
    if packed.isEmpty { return }
    let parts = packed.utf8.split(separator: Self.tab, omittingEmptySubsequences: false)
    guard parts.count.isMultiple(of: 2) else { return nil }
    pairs.reserveCapacity(parts.count / 2)
    for index in stride(from: 0, to: parts.count, by: 2) {
      append(String(Substring(parts[index])), String(Substring(parts[index + 1])))
    }
  }

  /// Takes apart the packed text that stands in field `name`.
  init(packed: String, of name: String) throws(FieldError) {
    guard let fields = Fields(packed: packed) else {
      throw FieldError(name, .notAllowed, expected: "names and values joined by tabs", came: packed)
    }
    self = fields
  }
}
