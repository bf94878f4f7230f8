/// Rows of text under headings: the first column left-aligned, numbers right-aligned.
struct Table: CustomStringConvertible, Sendable {
  private var rows: [[String]]

  init(_ headings: String...) { rows = [headings] }

  mutating func add(_ cells: String...) { rows.append(cells) }

  var description: String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

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
