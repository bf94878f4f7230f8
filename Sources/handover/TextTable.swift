import Market

/// Rows in aligned columns. Cells can contain any text that users entered.
struct TextTable {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) { rows.append(row.map(\.printable)) }

  var text: String {
    let widths = rows.reduce(into: [Int]()) { widths, row in
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.columns)
      }
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[column] - cell.columns + 2)
      }.joined()
    }.joined(separator: "\n")
  }
}

extension String {
  /// Its width in a terminal: Korean syllables take two columns.
  fileprivate var columns: Int {
    unicodeScalars.reduce(0) { width, scalar in
      width + ((0x1100...0x11FF).contains(scalar.value) || (0x2E80...0xFFE6).contains(scalar.value) ? 2 : 1)
    }
  }
}
