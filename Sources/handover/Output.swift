import ArgumentParser
import Foundation

/// Unbuffered standard output in whole lines: output appears at once, even in a pipe or a file.
enum Output {
  /// Writes the lines. Ends the command if nobody reads them, as at the end of `handover tail | head`.
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
