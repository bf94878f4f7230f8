import Foundation
import Market

/// Standard error for a text log: each event stays on one line, even if it contains text that users entered.
struct LogLines: TextOutputStream, Sendable {
  /// - Parameter text: A line, including its terminator.
  mutating func write(_ text: String) {
    let line = String(text.unicodeScalars.dropLast()).printable + "\n"
    // A log that cannot be written is no reason to stop.
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}
