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
    guard unicodeScalars.contains(where: \.steers) else { return self }
    var shown = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.steers { shown += escape(scalar).unicodeScalars } else { shown.append(scalar) }
    }
    return String(shown)
  }
}

extension Unicode.Scalar {
  /// Whether it is no text, but tells a terminal, a line or the direction of writing what to do: C0 and C1 controls,
  /// separators of lines and paragraphs, marks and overrides of direction.
  public var steers: Bool {
    switch value {
    case 0x20..<0x7F: false
    case 0x00..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
