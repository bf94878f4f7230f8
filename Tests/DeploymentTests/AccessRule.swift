import Foundation
import Redis
import Testbed

/// What a user of `users.acl` may do: the rights that always apply, and groups of rights that each apply as a whole.
struct AccessRule {
  /// Something that the rule permits and could do without.
  struct Excess: Hashable, CustomStringConvertible {
    let user: String
    let group: String
    let what: String

    var description: String { "\(user): \(what) in \(group)" }
  }

  let user: String
  /// The words of each group; the first are those without parentheses.
  private let groups: [[String]]

  /// The rules of all users who have no right to everything.
  static func all() throws -> [AccessRule] {
    var rules: [(user: String, groups: [[String]])] = []
    for line in try Deployment.text("redis/users.acl").split(separator: "\n") where !line.hasPrefix("#") {
      if let user = line.firstMatch(of: /^user (\w+)/)?.1 {
        rules.append((String(user), [[]]))
      } else if let group = line.firstMatch(of: /^ +\((.*)\)$/)?.1 {
        rules[rules.count - 1].groups.append(group.split(separator: " ").map(String.init))
      } else {
        rules[rules.count - 1].groups[0] += line.split(separator: " ").map(String.init)
      }
    }
    return rules.filter { !$0.groups[0].contains("+@all") }.map {
      AccessRule(user: $0.user, groups: $0.groups)
    }
  }

  /// Returns every part of the rule without which all these commands are permitted too.
  func excess(beyond commands: [[String]], _ redis: RedisConnection) throws -> [Excess] {
    guard try permits(commands, groups, redis) else {
      throw NeverHappened(description: "\(user) did what the rule does not permit")
    }
    var found: [Excess] = []
    for (place, group) in groups.enumerated() {
      let name = place == 0 ? "its own rights" : "(\(group.joined(separator: " ")))"
      for (index, word) in group.enumerated() {
        var less = groups
        less[place].remove(at: index)
        if try permits(commands, less, redis) {
          found.append(Excess(user: user, group: name, what: "\(word) is never used"))
        } else if word.hasPrefix("~") {
          for (mode, meaning) in [("%R", "only read"), ("%W", "only written")] {
            less = groups
            less[place][index] = mode + word
            if try permits(commands, less, redis) {
              found.append(Excess(user: user, group: name, what: "\(word) is \(meaning): \(mode)\(word)"))
            }
          }
        }
      }
    }
    return found
  }

  /// Whether a user with these rights may do all of it.
  private func permits(
    _ commands: [[String]], _ groups: [[String]], _ redis: RedisConnection
  ) throws -> Bool {
    var rule = RESPWords("ACL", "SETUSER", "someone", "reset", "on", "nopass")
    rule.add(RESPWords(groups[0]))
    for group in groups.dropFirst() where group.contains(where: { $0.hasPrefix("+") }) {
      rule.add("(\(group.joined(separator: " ")))")
    }
    try redis.call(rule)
    var questions = Commands()
    for words in commands { questions.add(RESPWords(["ACL", "DRYRUN", "someone"] + words)) }
    return try redis.exchange(questions).allSatisfy { try $0.get().string == "OK" }
  }
}
