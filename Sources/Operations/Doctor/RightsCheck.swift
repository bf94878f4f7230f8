import Lanes
import Redis
import Workers

/// Tries, command by command, whether this Redis user may do what its part of the system has to. Nothing is executed.
struct RightsCheck {
  /// Rights that are granted together.
  struct Grant {
    let needs: [AccessRules.Need]
    /// What `ACL SETUSER` takes to grant them.
    let text: String
  }

  /// What the operator's command sends and no service does: without keys, with one, and on a cluster.
  private static let (keyless, keyed) = (
    [["CONFIG", "GET"], ["DBSIZE"], ["RANDOMKEY"], ["SCAN"]],
    [["LREM"], ["MEMORY", "USAGE"], ["XGROUP", "CREATE"], ["ZSCAN"], ["ZSCORE"]]
  )
  private static let clustered = [
    ["CLUSTER", "NODES"], ["CLUSTER", "SETSLOT"], ["CLUSTER", "GETKEYSINSLOT"],
  ]

  let role: Doctor.Role
  /// The name by which it signs in.
  let user: String
  let isCluster: Bool

  /// Everything that the role needs. An operator does what everybody does, and on every key.
  var grants: [Grant] {
    let groups = AccessRules.shipped.groups
    guard role == .operator else {
      return (groups[role.rawValue] ?? []).map {
        Grant(needs: $0.needs(isCluster: isCluster), text: $0.text)
      }
    }
    let services = Doctor.Role.allCases.flatMap { groups[$0.rawValue] ?? [] }
      .flatMap { $0.needs(isCluster: isCluster) }
    var needs = services.map {
      AccessRules.Need(command: $0.command, patterns: $0.patterns.isEmpty ? [] : ["*"])
    }
    needs += (Self.keyless + (isCluster ? Self.clustered : [])).map { .init(command: $0, patterns: []) }
    needs += Self.keyed.map { .init(command: $0, patterns: ["*"]) }
    let names = Dictionary(grouping: Set(needs)) { $0.name }
    return [Grant(needs: names.sorted { $0.key < $1.key }.flatMap(\.value), text: "~* &* +@all")]
  }

  /// Asks one server, as each has users of its own.
  func findings(on node: RedisNode?, _ connection: RedisConnection) throws(RedisError) -> [Finding] {
    let prefix = node.map { "\($0): " } ?? ""
    var (findings, tried) = ([Finding](), 0)
    for grant in grants {
      let commands = grant.needs.map(\.words)
      let refused = Set(try LaneCheck(of: commands).faults(over: connection).map(\.words))
      tried += commands.count
      let missing = grant.needs.filter { refused.contains($0.words) }
      guard !missing.isEmpty else { continue }
      findings.append(
        Finding(
          .problem, "rights", "\(prefix)\(user) may not: \(Self.list(missing)).",
          remedy: "Grant it, as compose/redis/users.acl does: ACL SETUSER \(user) '\(grant.text)'"))
    }
    guard findings.isEmpty else { return findings }
    return [
      Finding(
        .ok, "rights", "\(prefix)\(user) has the rights of \(role.rawValue): \(tried) commands were tried.")
    ]
  }

  /// `GET and SET on {*}:lease:trade; PING`, commands on the same keys together.
  private static func list(_ needs: [AccessRules.Need]) -> String {
    var (order, names) = ([[String]](), [[String]: [String]]())
    for need in needs {
      if names[need.patterns] == nil { order.append(need.patterns) }
      names[need.patterns, default: []].append(need.name)
    }
    return order.map { patterns in
      let commands = names[patterns, default: []].joined(separator: ", ")
      return patterns.isEmpty ? commands : "\(commands) on \(patterns.joined(separator: " with "))"
    }.joined(separator: "; ")
  }
}
