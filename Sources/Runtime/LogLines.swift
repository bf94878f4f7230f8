import Foundation
import Market

/// Standard error for a log of text: every event stays one line, whatever people wrote that comes into it.
struct LogLines: TextOutputStream, Sendable {
  /// - Parameter text: a line with its end.
  mutating func write(_ text: String) {
    let line = String(text.unicodeScalars.dropLast()).printable + "\n"
    // A log that nobody can take any more is no reason to stop.
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}
