import Keys
import Market
import Workers

/// Checks who lives, in which release, and which format of the data they write and read.
struct FleetCheck {
  private let format: FormatState
  private let fleet: Fleet

  init(_ format: FormatState, _ fleet: Fleet) {
    self.format = format
    self.fleet = fleet
  }

  var findings: [Finding] { formats + [releases] + living }

  private var formats: [Finding] {
    var findings: [Finding] = []
    for member in fleet.members where member.reads < format.writes {
      findings.append(
        Finding(
          .problem, "format",
          """
          \(member.name.printable) of the \(member.role) reads up to format \(member.reads), and format \
          \(format.writes) is written.
          """,
          remedy: "Stop it, and start release \(format.release?.printable ?? Release.version) in its place."))
    }
    if let obstacle = format.obstacle {
      findings.append(Finding(.warning, "format", obstacle))
    } else if format.isHeld {
      findings.append(
        Finding(
          .warning, "format", "Format \(format.writes) is written, and held there by an operator.",
          remedy: "Once nobody wants to go back: handover format auto."))
    } else if format.writes < DataFormat.current, let reason = fleet.obstacle(to: format.writes + 1) {
      findings.append(
        Finding(
          .warning, "format", "Format \(format.writes + 1) waits: \(reason.printable).",
          remedy: "Start or upgrade what is named: then it is raised by itself."))
    }
    return findings.isEmpty ? [Finding(.ok, "format", "Format \(format.writes) is written.")] : findings
  }

  private var releases: Finding {
    let releases = Dictionary(grouping: fleet.members) { $0.release?.printable ?? "a release before 1.5" }
      .mapValues(\.count).sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }
    switch releases.count {
    case 0: return Finding(.ok, "releases", "No process runs.")
    case 1: return Finding(.ok, "releases", "All processes are of one release: \(releases[0]).")
    default:
      return Finding(
        .warning, "releases", "Processes of several releases run: \(releases.joined(separator: ", ")).",
        remedy: "Finish the upgrade; handover format shows who is of which.")
    }
  }

  private var living: [Finding] {
    let counts = Dictionary(grouping: fleet.members, by: \.role).mapValues(\.count)
    var findings = WorkerKind.allCases.filter { counts[$0.rawValue] == nil }.map {
      Finding(
        .problem, "processes", "No \($0.rawValue) worker lives.",
        remedy: "Start \($0.rawValue)-worker, and look at its log if it runs.")
    }
    if counts[Fleet.ingress] == nil {
      findings.append(
        Finding(
          .warning, "processes", "No ingress lives: nobody answers on HTTP.",
          remedy: "Start ingress, if this system should have one. Older releases do not tell that they live.")
      )
    }
    if findings.isEmpty {
      let all = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.printable)" }
      findings.append(Finding(.ok, "processes", "\(all.joined(separator: ", ")) live."))
    }
    return findings
  }
}
