extension Unicode.Scalar {
  /// Whether it is no text, but steers whatever shows it: a control character, a line or paragraph separator, a
  /// change of direction that can turn what comes after it, or a byte order mark.
  public var steers: Bool {
    switch value {
    case 0x20..<0x7F: false
    case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}

extension String {
  /// Whether anything in it steers whatever shows it.
  var steers: Bool { unicodeScalars.contains(where: \.steers) }
}
