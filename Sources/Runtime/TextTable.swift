import Market

/// Rows of text under headings, in aligned columns. Cells can contain any text that users entered.
package struct TextTable: CustomStringConvertible, Sendable {
  private var rows: [[String]]
  private let alignsNumbers: Bool

  /// - Parameter alignsNumbers: Whether all columns but the first are numbers, aligned right.
  package init(_ headings: String..., alignsNumbers: Bool = false) {
    rows = [headings]
    self.alignsNumbers = alignsNumbers
  }

  package mutating func add(_ cells: String...) { rows.append(cells.map(\.printable)) }

  package var description: String {
    let widths = rows.reduce(into: [Int]()) { widths, row in
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.columns)
      }
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.columns)
        if alignsNumbers && column > 0 { return space + cell }
        return column == row.count - 1 ? cell : cell + space
      }.joined(separator: "  ")
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
