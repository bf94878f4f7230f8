/// The rights that each service needs in Redis: `compose/redis/users.acl`, which is part of this executable. The tests
/// show that these rights suffice, and that none of them could be left out.
package struct AccessRules: Sendable {
  /// Rights that apply as a whole, such as `(+hget +hset ~{*}:cursor:trade)`.
  struct Group: Equatable, Sendable {
    let words: [String]

    /// As `ACL SETUSER` takes it.
    var text: String { words.contains { $0.hasPrefix("~") || $0.hasPrefix("%") } ? "(\(list))" : list }

    private var list: String { words.joined(separator: " ") }
  }

  /// A command that a user must be permitted, with keys of the right kind.
  struct Need: Hashable, Sendable {
    let command: [String]
    /// The patterns of its keys; empty if it has none.
    let patterns: [String]

    /// `HSET`, or `XINFO STREAM`.
    var name: String { command.joined(separator: " ") }

    /// The command with keys that match the patterns, as Redis has to see it to know which are its keys.
    var words: [String] {
      let keys = patterns.map { $0.replacing("*", with: "0") }
      return switch command[0] {
      case "EVAL", "EVALSHA": command + ["x", "\(keys.count)"] + keys
      case "XREAD": command + ["STREAMS"] + keys + keys.map { _ in "0" }
      default: command + keys
      }
    }
  }

  /// The rights of each user who has not all.
  let groups: [String: [Group]]

  package static let shipped = AccessRules(String(decoding: PackageResources.users_acl, as: UTF8.self))

  /// Reads the rules: `user <name> …`, then lines of rights, one in parentheses for each group.
  init(_ text: String) {
    var groups: [String: [Group]] = [:]
    var user = ""
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      let words = line.split(separator: " ").map { $0.trimmingPrefix("(") }
        .map { String($0.last == ")" ? $0.dropLast() : $0) }
      if words.first == "user", words.count > 1 {
        user = words[1]
      } else {
        groups[user, default: []].append(Group(words: words))
      }
    }
    self.groups = groups.filter { !$0.value.contains { $0.words.contains("+@all") } }
  }
}

extension AccessRules.Group {
  /// Commands that tell what a key holds: a user who may only write the key may not send them.
  private static let reading: Set = [
    "GET", "HGET", "HGETALL", "HKEYS", "HMGET", "HSCAN", "LRANGE", "MGET", "PTTL", "XINFO", "XRANGE", "XREAD",
    "XREVRANGE", "ZCOUNT", "ZRANGE",
  ]
  /// Commands that tell so little of a key that whoever may read or write it may send them.
  private static let asking: Set = ["EXISTS", "HEXISTS", "HLEN", "LLEN", "TYPE", "XLEN", "ZCARD"]
  /// Commands that can change a key and also tell what it holds.
  private static let both: Set = ["EVAL", "EVALSHA", "INCRBY"]
  /// What only a cluster asks for.
  private static let ofClusters: Set = ["ASKING", "CLUSTER"]

  /// Returns what it permits, one command and kind of key at a time. Scripts need all of their keys at once.
  func needs(isCluster: Bool) -> [AccessRules.Need] {
    let commands = words.filter { $0.hasPrefix("+") }
      .map { $0.dropFirst().uppercased().split(separator: "|").map(String.init) }
      .filter { isCluster || !Self.ofClusters.contains($0[0]) }
    let keys = words.compactMap { word -> (mode: Substring, pattern: String)? in
      word.firstIndex(of: "~").map { (word[..<$0], String(word[word.index(after: $0)...])) }
    }
    return commands.flatMap { command -> [AccessRules.Need] in
      let fitting = keys.filter { mode, _ in
        switch mode {
        case "%R": Self.reading.contains(command[0]) || Self.asking.contains(command[0])
        case "%W": !Self.reading.contains(command[0]) && !Self.both.contains(command[0])
        default: true
        }
      }.map(\.pattern)
      if keys.isEmpty { return [.init(command: command, patterns: [])] }
      if command[0].hasPrefix("EVAL") {
        return fitting.isEmpty ? [] : [.init(command: command, patterns: fitting)]
      }
      return fitting.map { .init(command: command, patterns: [$0]) }
    }
  }
}
