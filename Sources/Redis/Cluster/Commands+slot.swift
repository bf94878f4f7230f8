extension Commands {
  /// Whether all keys of the commands belong to a slot.
  public func belong(to slot: HashSlot) -> Bool {
    bytes.withUnsafeBytes { raw in
      var reader = CommandReader(raw)
      while !reader.isAtEnd {
        guard let target = try? CommandTarget(&reader) else { return false }
        if case .slot(let own) = target.place, own != slot { return false }
      }
      return true
    }
  }
}
