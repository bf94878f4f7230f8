import Foundation

/// Texts that must not change between releases, each in a file of the folder `Golden` next to its test.
package enum Golden {
  /// The file is missing, or has another text.
  package struct Difference: Error, CustomStringConvertible {
    package let description: String
  }

  /// Returns the stored text of a form. Throws if the code now writes another one.
  ///
  /// With `HANDOVER_GOLDEN=write`, the file is created from what the code writes now: only for a new form,
  /// never for one that older releases have written.
  @discardableResult
  package static func text(_ name: String, now: String, beside test: String = #filePath) throws -> String {
    let file = URL(filePath: test).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
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
}
