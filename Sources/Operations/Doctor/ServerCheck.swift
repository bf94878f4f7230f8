import Redis
import Workers

/// Checks what a server says of its disk, its memory and its replicas, beyond what every process checks at its start.
struct ServerCheck {
  /// From which part of its memory on a server has to be looked after, and is about to refuse work.
  private static let (high, full) = (0.8, 0.95)
  /// How far behind a replica can be, in seconds.
  private static let lag = 10

  private let server: RedisServer
  private let isCluster: Bool

  init(_ server: RedisServer, isCluster: Bool) {
    self.server = server
    self.isCluster = isCluster
  }

  var findings: [Finding] { disk + [memory] + replicas }

  private func finding(
    _ severity: Finding.Severity, _ check: String, _ what: String, _ remedy: String? = nil
  ) -> Finding {
    Finding(severity, check, server.prefix + what, remedy: remedy)
  }

  // MARK: Disk

  private var disk: [Finding] {
    var findings: [Finding] = []
    let log = "Look at its log and at its disk: is it full?"
    if server.info.fact("loading") == "1" {
      findings.append(
        finding(
          .problem, "persistence", "It is reading its data, and refuses everything until it has.", "Wait."))
    }
    if server.info.fact("aof_enabled") == "1" {
      if server.info.fact("aof_last_write_status") == "err" {
        findings.append(
          finding(
            .problem, "persistence",
            "The append-only file cannot be written: Redis refuses to change anything.",
            log))
      }
      if server.info.fact("aof_last_bgrewrite_status") == "err" {
        findings.append(
          finding(
            .warning, "persistence", "The append-only file could not be rewritten, and grows without end.",
            log))
      }
      switch server.settings?["appendfsync"] {
      case "always", nil: break
      case "everysec":
        findings.append(
          finding(
            .warning, "persistence",
            "What the last second brought is lost if the machine fails (appendfsync everysec).",
            "Set appendfsync always, to lose nothing."))
      case let other?:
        findings.append(
          finding(
            .warning, "persistence",
            "What the last half minute brought is lost if the machine fails (appendfsync \(other)).",
            "Set appendfsync always, to lose nothing."))
      }
    }
    if server.info.fact("rdb_last_bgsave_status") == "err" {
      let refuses = server.settings?["save"] != ""
      findings.append(
        finding(refuses ? .problem : .warning, "persistence", "The last snapshot could not be written.", log))
    }
    if server.settings == nil {
      findings.append(
        finding(.ok, "persistence", "Its settings, such as appendfsync, were not read: this user may not."))
    }
    return findings
  }

  // MARK: Memory

  private var memory: Finding {
    let used = server.number("used_memory") ?? 0
    guard let limit = server.number("maxmemory"), limit > 0 else {
      return finding(
        .warning, "memory",
        "\(used >> 20) MiB are used, and there is no limit: once the machine has no more, its kernel ends Redis.",
        "Set maxmemory, and leave room for a rewrite of the append-only file: 75 % of what it can have.")
    }
    let part = Double(used) / Double(limit)
    let what = "\(used >> 20) of \(limit >> 20) MiB are used, \(Int(part * 100)) %."
    if part < Self.high { return finding(.ok, "memory", what) }
    return finding(
      part < Self.full ? .warning : .problem, "memory", "\(what) A full Redis refuses new work.",
      "Raise maxmemory, or let ended deals leave earlier (HANDOVER_KEEP_ENDED_DAYS) and archive them.")
  }

  // MARK: Replicas

  /// `slave0` to the last one, as `INFO` numbers them.
  private var followers: [[String: String]] {
    (0..<(server.number("connected_slaves") ?? 0)).compactMap { number in
      server.info.fact("slave\(number)").map { line in
        let pairs = line.split(separator: ",").map { $0.split(separator: "=").map(String.init) }
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first }
      }
    }
  }

  private var replicas: [Finding] {
    let followers = followers
    var findings: [Finding] = []
    for replica in followers {
      let name = "\(replica["ip", default: "?"]):\(replica["port", default: "?"])"
      if replica["state"] != "online" {
        findings.append(
          finding(
            .warning, "replicas", "Its replica \(name) is not ready (\(replica["state", default: "?"])).",
            "Look at the replica's log."))
      } else if let seconds = replica["lag"].flatMap({ Int($0) }), seconds > Self.lag {
        findings.append(
          finding(
            .warning, "replicas", "Its replica \(name) has not been heard of for \(seconds) s.",
            "Look at the replica and at the network."))
      }
    }
    let wanted = server.settings?["min-replicas-to-write"].flatMap { Int($0) } ?? 0
    let good = server.number("min_slaves_good_slaves") ?? followers.count
    if wanted > good {
      findings.append(
        finding(
          .problem, "replicas",
          "It refuses all changes: it wants \(wanted) replicas in order (min-replicas-to-write), and has \(good).",
          "Bring the replicas back."))
    }
    guard findings.isEmpty else { return findings }
    // Masters without any are named by the check of all processes.
    if followers.isEmpty {
      return isCluster ? [] : [finding(.ok, "replicas", "It has none: its disk is all there is.")]
    }
    let are = followers.count == 1 ? "1 replica follows" : "\(followers.count) replicas follow"
    return [finding(.ok, "replicas", "\(are), \(wanted) have to (min-replicas-to-write).")]
  }
}
