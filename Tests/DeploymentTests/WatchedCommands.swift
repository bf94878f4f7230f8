import Foundation
import Processes
import Redis
import Testbed

/// Every command that a Redis executes, with the address that it came from; those of scripts too.
final class WatchedCommands {
  struct Command: Hashable {
    let words: [String]
  }

  private let log: URL
  private let process: RunningProcess

  /// Watches from now on.
  init(port: Int, password: String, log: URL) throws {
    self.log = log
    process = try RunningProcess(
      "redis-cli", ["-p", "\(port)", "--user", "operator", "monitor"],
      environment: ["REDISCLI_AUTH": password],
      log: log)
    try insist("the commands are watched") {
      guard try String(contentsOf: log, encoding: .utf8).hasPrefix("OK") else {
        throw NeverHappened(description: "it does not say OK")
      }
    }
  }

  deinit { process.kill() }

  /// Returns the commands so far, by the address that they came from.
  ///
  /// - Parameter connection: Executes a last one, by which their end is known.
  func finish(_ connection: RedisConnection) throws -> [String: [Command]] {
    try connection.call("ECHO", "the last command")
    var text = ""
    try insist("all commands are known") {
      text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
      guard text.contains("the last command") else { throw NeverHappened(description: "\(text.count)") }
    }
    process.kill()
    var commands: [String: [Command]] = [:]
    var caller = ""
    for line in text.split(separator: "\n") {
      guard let parts = line.wholeMatch(of: /[0-9.]+ \[\d+ (\S+)\] (.*)/) else { continue }
      // The commands of a script come after the one that called it, before anybody else's.
      if parts.1 != "lua" { caller = String(parts.1.prefix { $0 != ":" }) }
      commands[caller, default: []].append(Command(words: Self.words(parts.2)))
    }
    return commands
  }

  /// Reads words in quotes, with escapes as Redis writes them.
  private static func words(_ text: Substring) -> [String] {
    var words: [String] = []
    var word: [UInt8]?
    var bytes = text.utf8[...]
    while let byte = bytes.popFirst() {
      switch (byte, word) {
      case (UInt8(ascii: "\""), nil): word = []
      case (UInt8(ascii: "\""), let whole?):
        words.append(String(decoding: whole, as: UTF8.self))
        word = nil
      case (UInt8(ascii: "\\"), _?):
        switch bytes.popFirst() {
        case UInt8(ascii: "x"):
          word?.append(UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16) ?? 0)
          bytes = bytes.dropFirst(2)
        case UInt8(ascii: "n"): word?.append(10)
        case UInt8(ascii: "r"): word?.append(13)
        case UInt8(ascii: "t"): word?.append(9)
        case UInt8(ascii: "a"): word?.append(7)
        case UInt8(ascii: "b"): word?.append(8)
        case let other?: word?.append(other)
        case nil: break
        }
      default: word?.append(byte)
      }
    }
    return words
  }
}
