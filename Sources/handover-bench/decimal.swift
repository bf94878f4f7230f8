/// Formats a number with that many decimal places; with thousands separators if there are none.
func decimal(_ number: Double, _ places: Int = 0) -> String {
  var scale = 1
  for _ in 0..<places { scale *= 10 }
  guard let scaled = Int(exactly: (number * Double(scale)).rounded()) else { return "–" }
  var whole = String(scaled.magnitude / UInt(scale))
  if places == 0 {
    var place = whole.index(whole.endIndex, offsetBy: -3, limitedBy: whole.startIndex)
    while let at = place, at > whole.startIndex {
      whole.insert(",", at: at)
      place = whole.index(at, offsetBy: -3, limitedBy: whole.startIndex)
    }
  }
  let fraction = String(scaled.magnitude % UInt(scale))
  let zeros = String(repeating: "0", count: max(0, places - fraction.count))
  return (scaled < 0 ? "-" : "") + whole + (places == 0 ? "" : ".\(zeros)\(fraction)")
}
