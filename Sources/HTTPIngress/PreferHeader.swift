/// How long a client wants to wait for an outcome: the `Prefer` header of RFC 7240.
struct PreferHeader: Equatable, Sendable {
  /// The longest wait granted, in seconds.
  static let longestWait = 10

  /// The requested wait in seconds; nil if the client leaves it to the server.
  var wait: Int?
  var isAsync = false

  /// Parses the header; ignores unknown preferences, as RFC 7240 requires.
  init(_ header: String?) {
    // By bytes: a header is ASCII, and splitting by `Character` costs more than all the rest.
    for item in (header ?? "").lowercased().utf8.split(separator: UInt8(ascii: ",")) {
      let preference = item.prefix { $0 != UInt8(ascii: ";") }
        .split(separator: UInt8(ascii: "="), maxSplits: 1)
        .map { Substring($0).trimmed }
      switch preference.first {
      case "respond-async": isAsync = true
      case "wait":
        if wait == nil, preference.count == 2, let seconds = Int(preference[1]), seconds >= 0 {
          wait = min(seconds, Self.longestWait)
        }
      default: continue
      }
    }
  }

  /// Returns how long to wait: with `respond-async`, only if the client also says how long.
  func duration(otherwise ordinary: Duration) -> Duration {
    wait.map { .seconds($0) } ?? (isAsync ? .zero : ordinary)
  }

  /// The value of `Preference-Applied` in a 202; nil if the client asked for nothing.
  var applied: String? {
    let granted = [isAsync ? "respond-async" : nil, wait.map { "wait=\($0)" }].compactMap(\.self)
    return granted.isEmpty ? nil : granted.joined(separator: ", ")
  }
}

extension Substring {
  /// The text after any leading spaces and quotation marks, up to the next one.
  fileprivate var trimmed: Substring {
    func isText(_ byte: UInt8) -> Bool { byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\"") }
    return Substring(utf8.drop { !isText($0) }.prefix(while: isText))
  }
}
