import ArgumentParser
import Foundation
import Testbed

/// Lets strangers with tokens of their own send whatever they can think of, and looks for what they should not get.
@main
struct Strangers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "strangers",
    abstract: "Sends random calls of many users and random inlet entries to a system that needs tokens.",
    discussion: """
      Fails if anything crashes or answers with a 5xx, if anybody changes or is shown what is somebody else's, or if \
      the audit finds a difference.
      """)

  @Option(help: "How many calls to make.")
  var requests = 3000

  @Option(help: "How many entries to append to the inlets.")
  var entries = 3000

  @Option(help: "What the decisions follow from; a new one if not given.")
  var seed: UInt64?

  func validate() throws {
    for count in [requests, entries] where !(0...10_000_000).contains(count) {
      throw ValidationError("--requests and --entries must be from 0 to 10000000.")
    }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 0..<1_000_000)
    print("Strangers: \(requests) calls and \(entries) entries, seed \(seed)")
    fflush(nil)
    let issuer = try TestIssuer()
    var settings = issuer.settings
    // Nobody is held up, and everything that was said is there to be looked at in the end.
    for name in ["READS_PER_MINUTE", "WRITES_PER_MINUTE", "CONNECTIONS_PER_CLIENT", "WAITING_PER_USER"] {
      settings["HANDOVER_\(name)"] = "0"
    }
    settings["HANDOVER_RETENTION_ENTRIES"] = "1000000000"
    let system = try await TestSystem(environment: settings)
    let breaches = Breaches()
    async let called: Void = Calls(of: try Cast(issuer), to: system.http, breaches).make(requests, seed: seed)
    async let appended: Void = Entries(for: system.servers, seed: seed).append(entries)
    _ = try await (called, appended)
    for executable in TestSystem.workers.map({ "\($0)-worker" }) + ["ingress"]
    where system.processes(executable).contains(where: \.hasEnded) {
      breaches.note("\(executable) has ended: \(system.log(executable).suffix(500))")
    }
    let audit = try system.operate("audit", "--wait", "600")
    if audit.status != 0 { breaches.note("audit: \(audit.output)") }
    try Deeds(in: system.servers.connect()).judge(breaches)
    print(breaches.summary)
    if !breaches.areNone { throw ExitCode.failure }
  }
}
