import Logging
import Testbed

/// Keeps what is logged: the message, a colon and the metadata.
struct LogLines: LogHandler {
  let lines = Watched<[String]>([])
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.change { $0.append("\(event.message): \(event.metadata ?? [:])") }
  }
}
