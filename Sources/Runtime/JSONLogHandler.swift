import Foundation
import Logging
import Market

/// Writes one JSON object per line to standard error, for log collectors.
struct JSONLogHandler: LogHandler {
  let label: String
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var object = [
      "time": Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)),
      "level": event.level.rawValue, "service": label, "message": "\(event.message)",
    ]
    for (name, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
      object[name] = "\(value)"
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let encoded = try? encoder.encode(object) else { return }
    let line = String(decoding: encoded, as: UTF8.self).printableJSON + "\n"
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}
