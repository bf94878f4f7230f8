import Foundation

/// The README's table of who may do what.
package enum WhoMay {
  package struct Call: Sendable {
    package let method: String
    /// With `{…}` for what differs.
    package let path: String
  }

  package struct Row: Sendable {
    package let calls: [Call]
    /// The expected statuses, in the order of `callers`.
    package let statuses: [UInt]
  }

  package static let callers = ["nobody", "the buyer", "the seller", "another user", "an operator"]

  package struct NoTable: Error {}

  package static func table() throws -> [Row] {
    let text = try String(contentsOf: Executables.package.appending(path: "README.md"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let head = lines.firstIndex(of: "| call | \(callers.joined(separator: " | ")) |") else {
      throw NoTable()
    }
    return lines[(head + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      // Every other part between backticks is code.
      let codes = cells[0].split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
      let method = codes[0].prefix { $0 != " " }
      let paths = codes.map { $0.hasPrefix("/") ? String($0) : String($0.drop { $0 != "/" }) }
      return Row(
        calls: paths.map { Call(method: String(method), path: $0) },
        statuses: cells.dropFirst().map { UInt($0) ?? 0 })
    }
  }
}
