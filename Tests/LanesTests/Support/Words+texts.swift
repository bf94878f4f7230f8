import Redis

extension Words {
  /// The words again, out of their bytes.
  var texts: [String] {
    var texts: [String] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 13),
      let length = Int(String(decoding: rest[..<end].dropFirst(), as: UTF8.self))
    {
      let text = rest[(end + 2)...].prefix(length)
      texts.append(String(decoding: text, as: UTF8.self))
      rest = rest[(text.endIndex + 2)...]
    }
    return texts
  }
}
