import ArgumentParser
import Foundation

/// Standard output, in pieces of whole lines: what was shown is out at once, also where it goes into a pipe or a file.
enum Output {
  /// Writes the lines. Ends the command where nobody reads them any more, as at the end of `handover tail | head`.
  static func write(_ lines: [String]) throws {
    guard !lines.isEmpty else { return }
    let text = lines.map { $0 + "\n" }.joined()
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw ExitCode.success
    }
  }
}
