import Market
import Workers

/// Checks what the lanes do, and what was put aside.
struct SystemCheck {
  /// How far behind a lane can be, in entries, before that is worth a look.
  private static let backlog = 10_000

  private let status: SystemStatus

  init(_ status: SystemStatus) { self.status = status }

  var findings: [Finding] { lanes + letters }

  private var lanes: [Finding] {
    var findings: [Finding] = []
    let halted = status.lanes.filter { $0.halt != nil }
    for trouble in status.troubles {
      // A lane that stands still says what to do.
      let halt = halted.first { trouble.hasPrefix("\($0.lane) ") }?.halt
      findings.append(
        Finding(
          .problem, "lanes", trouble.printable,
          remedy: halt?.remedy?.printable.asSentence ?? "See Operating, A lane that stands still."))
    }
    for worker in status.workers where worker.replicas != 0 && worker.lanesHeld < worker.lanes {
      findings.append(
        Finding(
          .problem, "lanes",
          "Nobody holds \(worker.lanes - worker.lanesHeld) of the \(worker.lanes) lanes of \(worker.worker).",
          remedy: "Wait for a few seconds and look again; then look at the workers' logs and CPU."))
    }
    for lane in status.lanes where lane.lag > Self.backlog {
      findings.append(
        Finding(
          .warning, "lanes", "\(lane.lane) is \(lane.lag) entries behind.",
          remedy: "Give the worker CPU or replicas, and look at handover_commit_seconds."))
    }
    return findings.isEmpty ? [Finding(.ok, "lanes", "Every lane is held, and none stands still.")] : findings
  }

  private var letters: [Finding] {
    let waiting = status.workers.filter { $0.deadLetters > 0 }
    guard !waiting.isEmpty else { return [Finding(.ok, "letters", "No dead letters.")] }
    let counts = waiting.map { "\($0.deadLetters) \($0.worker)" }.joined(separator: ", ")
    return [
      Finding(
        .warning, "letters", "Dead letters wait: \(counts).",
        remedy: "See handover deadletters list; replay or drop them before they go after 90 days.")
    ]
  }
}
