extension String {
  /// The text for a terminal or a log: what would steer the one or forge a line in the other is written out.
  public var printable: String { escaping { "\\u{\(String($0.value, radix: 16))}" } }

  /// The same for a JSON text, whose own line breaks stay.
  public var printableJSON: String {
    escaping { scalar in
      if scalar == "\n" { return "\n" }
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
  }

  private func escaping(_ escape: (Unicode.Scalar) -> String) -> String {
    guard steers else { return self }
    var shown = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.steers { shown += escape(scalar).unicodeScalars } else { shown.append(scalar) }
    }
    return String(shown)
  }
}
