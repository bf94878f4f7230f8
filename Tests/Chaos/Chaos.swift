import ArgumentParser
import Foundation
import Redis
import Synchronization
import Testbed

/// Runs the whole system under load, kills, pauses and disconnects all parts of it, and checks the results.
@main
struct Chaos: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract:
      "Loads a system of real processes, breaks it for a while, and looks for what was lost or done twice.")

  @Option(help: "How long faults come, in seconds.")
  var seconds = 60

  @Option(help: "What the decisions follow from; a new one if not given.")
  var seed: UInt64?

  @Flag(help: "Run on a Redis Cluster, whose masters fail over and whose slots move.")
  var cluster = false

  @Flag(
    help:
      "With --cluster: also kill masters until their replicas have taken over, which can lose what was last.")
  var killMasters = false

  @Option(
    help: ArgumentHelp(
      "Begin with the executables of the release before, change to today's during the run, and let the format rise.",
      valueName: "folder"))
  var beside: String?

  @Flag(help: "With --beside: hold the format, and go back to the release before.")
  var back = false

  @Option(help: "A file for the summary.")
  var report: String?

  @Option(help: "A folder for what Redis kept and all logs; made by itself where something is wrong.")
  var keep: String?

  func validate() throws {
    guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 86400.") }
    guard beside != nil || !back else { throw ValidationError("--back needs --beside.") }
    guard cluster || !killMasters else { throw ValidationError("--kill-masters needs --cluster.") }
  }

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 0..<1_000_000)
    print(
      "Chaos for \(seconds) s, seed \(seed)\(cluster ? ", on a cluster" : "")\(mixture): three replicas of each worker, two ingresses."
    )
    fflush(nil)
    let stage = try ChaosSystem(
      isCluster: cluster, losesMasters: killMasters, seed: seed,
      beside: beside.map { URL(fileURLWithPath: $0) })
    let course: Upgrade.Course? = beside == nil ? nil : back ? .back : .forward
    let signals = [SIGINT, SIGTERM].map { Self.onSignal($0, stage.clear) }
    defer {
      for signal in signals { signal.cancel() }
      stage.clear()
    }
    do {
      try await stage.open()
      let verdict = try await Trial(seconds: seconds, seed: seed, course: course).run(stage)
      print(verdict.text(showing: 60))
      if let report {
        try verdict.text(showing: .max).write(toFile: report, atomically: true, encoding: .utf8)
      }
      try save(stage, seed, verdict.text(showing: .max), isNeeded: !verdict.isGood)
      if !verdict.isGood { throw ExitCode.failure }
    } catch let error where !(error is ExitCode) {
      print("The run came to no end: \(error)")
      try save(stage, seed, "\(error)", isNeeded: true)
      throw ExitCode.failure
    }
  }

  private var mixture: String {
    guard beside != nil else { return "" }
    return back ? ", from the release before to today's and back" : ", from the release before to today's"
  }

  private func save(_ stage: ChaosSystem, _ seed: UInt64, _ text: String, isNeeded: Bool) throws {
    guard isNeeded || keep != nil else { return }
    let folder = URL(fileURLWithPath: keep ?? "/tmp/handover-chaos-\(seed)")
    try? FileManager.default.removeItem(at: folder)
    stage.end()
    try? FileManager.default.removeItem(at: stage.redis.folder.appending(path: "redis.sock"))
    try FileManager.default.copyItem(at: stage.redis.folder, to: folder)
    try text.write(to: folder.appending(path: "summary.txt"), atomically: true, encoding: .utf8)
    print("What Redis kept and all logs are in \(folder.path).")
    if !cluster { print("Read it with: redis-server --dir \(folder.path) --appendonly yes") }
  }

  private static func onSignal(_ number: Int32, _ end: @escaping @Sendable () -> Void)
    -> any DispatchSourceSignal
  {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      end()
      Foundation.exit(128 + number)
    }
    source.resume()
    return source
  }
}
