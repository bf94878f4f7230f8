extension [Double] {
  /// The middle element, or the mean of the middle two; NaN if the array is empty.
  var median: Double {
    let sorted = sorted()
    guard let last = sorted.indices.last else { return .nan }
    return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
  }
}
