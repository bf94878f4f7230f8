import Crypto
import Foundation

/// Texts that must not change, each in a file of the folder `Golden` next to its test: of every release a set that is
/// frozen for good (`scripts/freeze-forms`), and in `current` what is written now.
package enum Golden {
  /// The file is missing, or has another text.
  package struct Difference: Error, CustomStringConvertible {
    package let description: String
  }

  /// One text.
  package struct Form: CustomStringConvertible, Sendable {
    /// The release that wrote it, or `current`.
    package let release: String
    /// The path in the set, such as `events/TradeListed`.
    package let name: String
    package let text: String

    package var description: String { "\(release)/\(name)" }
  }

  private static let current = "current"

  /// Returns the stored text of a form. Throws if the code now writes another one.
  ///
  /// With `HANDOVER_GOLDEN=write`, the file is created from what the code writes now: only for a new form,
  /// never for one that older releases have written.
  @discardableResult
  package static func text(_ name: String, now: String, beside test: String = #filePath) throws -> String {
    let file = folder(beside: test).appending(path: "\(current)/\(name).txt")
    if ProcessInfo.processInfo.environment["HANDOVER_GOLDEN"] == "write" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((now + "\n").utf8).write(to: file)
    }
    guard let kept = try? String(contentsOf: file, encoding: .utf8) else {
      throw Difference(
        description: "\(name) has no golden file: write \(file.lastPathComponent) with HANDOVER_GOLDEN=write")
    }
    guard kept.utf8.elementsEqual((now + "\n").utf8) else {
      throw Difference(description: "\(name) is no longer written as in \(file.path):\n\(now)")
    }
    return now
  }

  /// Returns all forms that some release has written, and those that this one writes.
  package static func forms(beside test: String = #filePath) throws -> [Form] {
    try sets(beside: test).flatMap { set in
      try names(in: set).map { path in
        let text = try String(contentsOf: set.appending(path: path), encoding: .utf8)
        return Form(
          release: set.lastPathComponent, name: String(path.dropLast(".txt".count)),
          text: String(text.dropLast()))
      }
    }
  }

  /// Returns what was changed in the frozen sets since `scripts/freeze-forms` wrote their sums, and whether that of the
  /// release before this is missing.
  package static func changes(beside test: String = #filePath) throws -> [String] {
    let frozen = try sets(beside: test).filter { $0.lastPathComponent != current }
    let previous = Executables.package.appending(path: "scripts/previous-release")
    let release = try String(contentsOf: previous, encoding: .utf8).firstMatch(of: /release=(.+)/)?.1 ?? "?"
    var changes: [String] = []
    if !frozen.contains(where: { $0.lastPathComponent == release }) {
      changes.append("\(release) is not frozen: scripts/freeze-forms")
    }
    for set in frozen {
      let sums = try String(contentsOf: set.appending(path: "SHA256SUMS"), encoding: .utf8)
      let found = try names(in: set).map { path in
        let digest = SHA256.hash(data: try Data(contentsOf: set.appending(path: path)))
        return digest.map { String(format: "%02x", $0) }.joined() + "  ./\(path)"
      }
      let different = Set(sums.split(separator: "\n").map(String.init)).symmetricDifference(found)
      changes += different.sorted().map { "\(set.lastPathComponent): \($0)" }
    }
    return changes
  }

  /// Returns fields as they stand in a file: `name = value`, one a line.
  package static func text(of fields: [(name: String, value: String)]) -> String {
    fields.map { "\($0.name) = \($0.value)" }.joined(separator: "\n")
  }

  /// Returns the fields in a text.
  package static func fields(of text: String) -> [(name: String, value: String)] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let name = line.prefix { $0 != " " }
      return (String(name), String(line.dropFirst(name.count + 3)))
    }
  }

  private static func folder(beside test: String) -> URL {
    URL(filePath: test).deletingLastPathComponent().appending(path: "Golden")
  }

  private static func sets(beside test: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: folder(beside: test), includingPropertiesForKeys: nil)
  }

  /// Returns the paths of all texts of a set, relative to it.
  private static func names(in set: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: set.path).filter { $0.hasSuffix(".txt") }
  }
}
