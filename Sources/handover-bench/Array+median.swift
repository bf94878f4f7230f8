extension [Double] {
  /// The middle one, or the mean of the middle two; no number where there is none.
  var median: Double {
    let sorted = sorted()
    guard let last = sorted.indices.last else { return .nan }
    return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
  }
}
