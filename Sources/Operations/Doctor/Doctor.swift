import Keys
import Lanes
import Redis
import Workers

/// Looks at everything around a system that can be wrong, and finds all of it, not only what comes first.
package struct Doctor {
  /// As whom this process signs in to Redis: the users of `compose/redis/users.acl`.
  package enum Role: String, CaseIterable, Encodable, Sendable {
    case `operator`, ingress, reservation, trade, stock, notification, mypage
  }

  private let url: RedisURL
  private let role: Role
  private let shards: Int?

  /// - Parameters:
  ///   - role: Whose rights are needed; nil for those of the user by whose name the URL signs in, and of an operator
  ///     under any other name.
  ///   - shards: How many shards there are, in case the node that knows it is away.
  package init(_ url: RedisURL, as role: Role? = nil, shards: Int? = nil) {
    self.url = url
    self.shards = shards
    self.role = role ?? url.user.flatMap(Role.init(rawValue:)) ?? .operator
  }

  /// Returns what was found, in the order in which it should be mended. Blocks for seconds if servers do not answer.
  package func examine() -> [Finding] {
    var findings = AddressCheck(url).findings()
    let redis: RedisDeployment
    do throws(RedisError) {
      redis = try RedisDeployment(of: url)
      // Of a cluster, some node has answered, and each master is asked below.
      if case .single(let url) = redis { _ = try RedisConnection(url) }
    } catch {
      return findings + [.failure("connection", error)]
    }
    findings += AddressCheck(url).findings(whenConnectedTo: redis)
    findings += attempt("servers") { try servers(redis) }
    findings += attempt("rights") { try rights(redis) }
    findings += attempt("clocks") { try ClockCheck(redis.connect()).findings }
    guard role == .operator else {
      let why = "Only an operator's user can look at the system itself."
      return findings + [Finding(.ok, "system", why)]
    }
    do {
      _ = try redis.connect().shardCount()
    } catch let error as WrongDatabase {
      let advice = "Start the workers, or point HANDOVER_REDIS_URL at the right server and database."
      return findings + [Finding(.problem, "system", error.description, remedy: advice)]
    } catch {
      // Of a cluster, the other masters still tell something.
      findings.append(.failure("system", error))
    }
    findings += attempt("format") {
      let link = try redis.connect()
      return try FleetCheck(FormatState(on: link), Fleet(on: link)).findings
    }
    findings += attempt("lanes") { try SystemCheck(SystemStatus(redis, shards: shards)).findings }
    findings += attempt("keys") { try keys(redis.connect(), besides: findings) }
    findings += attempt("backup") { try BackupCheck(on: redis.connect()).findings }
    return findings
  }

  /// What cannot be looked at is a finding, and no reason to leave out what comes after it.
  private func attempt(_ check: String, _ look: () throws -> [Finding]) -> [Finding] {
    do { return try look() } catch { return [.failure(check, error)] }
  }

  // MARK: Servers

  private func servers(_ redis: RedisDeployment) throws -> [Finding] {
    var (servers, findings) = ([RedisServer](), [Finding]())
    switch redis {
    case .single:
      servers = try redis.connect().eachMaster { (node, connection) throws(RedisError) in
        try RedisServer(node, connection, readsConfiguration: role == .operator)
      }
    case .cluster(let cluster):
      let found = ClusterConnection(cluster).onEveryMaster { (node, connection) throws(RedisError) in
        try RedisServer(node, connection, readsConfiguration: role == .operator)
      }
      for (node, server) in found {
        switch server {
        case .success(let server): servers.append(server)
        case .failure(let error): findings.append(.failure("cluster", error, at: node))
        }
      }
      findings.append(Self.coverage(cluster))
    }
    return findings + RedisCheck.findings(on: servers, of: redis)
      + servers.flatMap { ServerCheck($0, isCluster: redis.isCluster).findings }
  }

  private static func coverage(_ cluster: Cluster) -> Finding {
    let free = (0..<HashSlot.count).filter { HashSlot(number: $0).flatMap(cluster.owner(of:)) == nil }
    guard !free.isEmpty else {
      return Finding(.ok, "cluster", "\(cluster.masters.count) masters have all \(HashSlot.count) slots.")
    }
    return Finding(
      .problem, "cluster",
      "\(free.count) of \(HashSlot.count) slots belong to no master, and so do their deals.",
      remedy: "Bring the master back that had them, or see redis-cli --cluster check HOST:PORT.")
  }

  // MARK: Rights

  private func rights(_ redis: RedisDeployment) throws -> [Finding] {
    let check = RightsCheck(role: role, user: url.user ?? "default", isCluster: redis.isCluster)
    var findings: [Finding] = []
    switch redis {
    case .single(let url): findings = try check.findings(on: nil, RedisConnection(url))
    case .cluster(let cluster):
      let found = ClusterConnection(cluster).onEveryMaster { (node, connection) throws(RedisError) in
        try check.findings(on: node, connection)
      }
      // Whoever does not answer was named before.
      for case (_, .success(let each)) in found { findings += each }
    }
    if role == .operator {
      let others = Role.allCases.filter { $0 != role }.map(\.rawValue).joined(separator: ", ")
      findings.append(
        Finding(.ok, "rights", "Those of \(others) are tried by --as, with the URL of each of these users."))
    }
    return findings
  }

  // MARK: Keys

  /// Looks for keys of the wrong type in the way of the workers.
  private func keys(_ link: any RedisLink, besides known: [Finding]) throws -> [Finding] {
    var (findings, told) = ([Finding](), Set<String>())
    for lane in try WorkerKind.allCases.flatMap({ try $0.lanes(shards: link.shardCount()) }) {
      let faults = try link.on(lane.name.cursor) { (server) throws(RedisError) in
        try LaneCheck(lane).faults(over: server)
      }
      for fault in faults where fault.types != nil {
        let trouble = fault.trouble
        // A lane that stands still for it says the same, and several lanes write the same key.
        guard told.insert(trouble.reason).inserted,
          !known.contains(where: { $0.what.contains(trouble.reason) })
        else { continue }
        findings.append(Finding(.problem, "keys", trouble.reason, remedy: trouble.remedy.asSentence))
      }
    }
    return findings.isEmpty ? [Finding(.ok, "keys", "No key is in the way of a worker.")] : findings
  }
}

extension RedisDeployment {
  var isCluster: Bool {
    switch self {
    case .single: false
    case .cluster: true
    }
  }
}

extension String {
  /// With a capital at its beginning and a full stop at its end.
  var asSentence: String {
    guard let first else { return self }
    return first.uppercased() + dropFirst() + (hasSuffix(".") || hasSuffix("…") ? "" : ".")
  }
}

extension Finding {
  /// Something could not be looked at.
  static func failure(_ check: String, _ error: any Error, at node: RedisNode? = nil) -> Finding {
    let prefix = node.map { "\($0): " } ?? ""
    guard let error = error as? RedisError else { return Finding(.problem, check, "\(prefix)\(error)") }
    return Finding(.problem, check, prefix + error.message, remedy: error.advice)
  }
}

extension RedisError {
  /// What to do about it; nil if the message says it.
  fileprivate var advice: String? {
    switch code {
    case .badURL: nil
    case .unavailable: "Start it, or correct HANDOVER_REDIS_URL (--redis-url)."
    case .timeout: "Look at its log, its CPU and SLOWLOG GET, and at the network."
    case .untrusted:
      "Correct HANDOVER_REDIS_CA_FILE, _SERVER_NAME, _CERT_FILE and _KEY_FILE, or its certificate."
    case .overloaded, .unexpectedReply, .replyTooLarge: "Look at its log."
    case .refused(let kind): Self.refusals[kind]
    }
  }

  private static let refusals: [Kind: String] = [
    .clusterDown: "See redis-cli --cluster check HOST:PORT.",
    .loading: "Wait until it has read its data.",
    .noAuthentication:
      "Sign in: HANDOVER_REDIS_USER and HANDOVER_REDIS_PASSWORD_FILE, or user:password@ in the URL.",
    .noPermission: "Sign in as the user of compose/redis/users.acl who may, or grant it.",
    .wrongPassword: "Correct HANDOVER_REDIS_USER and HANDOVER_REDIS_PASSWORD_FILE, or the URL.",
  ]
}
