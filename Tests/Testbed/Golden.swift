import Foundation

/// Texts that must stay what they are from one release to the next, each in a file of the folder `Golden` beside its
/// test.
package enum Golden {
  /// There is no file, or another text in it.
  package struct Difference: Error, CustomStringConvertible {
    package let description: String
  }

  /// The kept text of a form. Throws if what is written now is another one.
  ///
  /// With `HANDOVER_GOLDEN=write` the file is made of what is written now: for a new form, never for an old one that
  /// older releases have written.
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
