/// Lines of a name and a value, as `INFO` has them.
extension Reply {
  /// Returns what Redis says about itself under a name; nil if it says nothing.
  public func fact(_ name: String) -> String? {
    let start = "\(name):"
    let line = string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix(start) }
    return line.map { String($0.dropFirst(start.count)) }
  }
}
