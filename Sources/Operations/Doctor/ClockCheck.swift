import Foundation
import Redis
import Workers

/// Compares the clocks of this machine and of the servers.
///
/// What comes due does by Redis' clock, and tokens expire by that of the machine that checks them.
struct ClockCheck {
  /// How far clocks can be apart in seconds: enough to be noticed, and as much as tokens are forgiven.
  private static let (odd, wrong) = (1.0, 30.0)
  /// How often each server is asked. The fastest answer tells most.
  private static let rounds = 3

  /// How far ahead of this machine's clock a server's is, in seconds.
  struct Skew {
    let node: RedisNode?
    let seconds: Double
    /// Half of the time that the answer took, in seconds: how far off it can be.
    let error: Double
  }

  let skews: [Skew]

  init(skews: [Skew]) { self.skews = skews }

  init(_ link: any RedisLink) throws(RedisError) {
    skews = try link.eachMaster { (node, server) throws(RedisError) in
      var best = Skew(node: node, seconds: 0, error: .infinity)
      for _ in 0..<Self.rounds {
        let before = Date().timeIntervalSince1970
        let time = try server.call("TIME")
        let after = Date().timeIntervalSince1970
        guard let seconds = time[0]?.integer, let microseconds = time[1]?.integer else {
          throw RedisError(.unexpectedReply, "TIME returned no time.")
        }
        let now = Double(seconds) + Double(microseconds) / 1_000_000
        let skew = Skew(node: node, seconds: now - (before + after) / 2, error: abs(after - before) / 2)
        if skew.error < best.error { best = skew }
      }
      return best
    }
  }

  var findings: [Finding] {
    let remedy = "Set the clocks of all machines by NTP (chrony or systemd-timesyncd)."
    var findings: [Finding] = []
    for skew in skews {
      let apart = max(0, abs(skew.seconds) - skew.error)
      guard apart > Self.odd else { continue }
      let name = skew.node.map { "\($0)" } ?? "Redis"
      let order = skew.seconds > 0 ? "ahead of" : "behind"
      findings.append(
        Finding(
          apart > Self.wrong ? .problem : .warning, "clocks",
          "The clock of \(name) is \(Self.text(apart)) s \(order) this machine's.\(Self.effect(apart))",
          remedy: remedy))
    }
    let times = skews.map(\.seconds)
    if let first = times.min(), let last = times.max() {
      let apart = last - first - 2 * (skews.map(\.error).max() ?? 0)
      if apart > Self.odd {
        findings.append(
          Finding(
            apart > Self.wrong ? .problem : .warning, "clocks",
            "The clocks of the masters are \(Self.text(apart)) s apart: deals come due too early or too late.",
            remedy: remedy))
      }
    }
    return findings.isEmpty
      ? [Finding(.ok, "clocks", "The clocks agree within \(Int(Self.odd)) s.")] : findings
  }

  private static func effect(_ apart: Double) -> String {
    apart > wrong ? " Tokens are refused, or last too long." : ""
  }

  private static func text(_ seconds: Double) -> String { "\(Int(seconds.rounded(.up)))" }
}
