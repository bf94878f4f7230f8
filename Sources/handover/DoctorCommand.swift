import ArgumentParser
import Foundation
import Keys
import Market
import Operations
import Redis
import Runtime
import Workers

/// Looks for everything that can be wrong.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Looks for everything that is wrong, and says what to do.",
    discussion: """
      EXAMPLES
        handover doctor
        handover doctor --as trade      as the trade worker's user: HANDOVER_REDIS_USER=trade …
        handover doctor --json | jq '.findings[] | select(.severity != "ok")'

      It tries the address of Redis, how it is signed in to, its version, role, settings, disk, memory and replicas,
      every right of this user, the clocks, who lives in which release, the format of the data, the lanes, what was put
      aside, and the last backup. It changes nothing.

      Exit status: 0 without problems, also with warnings; 2 with problems; 1 on an error.
      """)

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Whose rights are needed: \(Doctor.Role.allCases.map(\.rawValue).joined(separator: ", ")).",
      discussion: "The one by whose name it signs in; the operator's if it has another name.",
      valueName: "role"))
  var role: Doctor.Role?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let findings: [Finding]
    do {
      let doctor = Doctor(try settings.redis(), as: role, shards: try settings.wantedShards())
      findings = try await Start.onThread { doctor.examine() }
    } catch let error as ValidationError {
      findings = [Finding(.problem, "address", error.message)]
    }
    try Output.write(json ? [Self.encoded(findings)] : Self.text(findings))
    if findings.contains(where: { $0.severity == .problem }) { throw ExitCode(2) }
  }

  private static func text(_ findings: [Finding]) -> [String] {
    let severities = Finding.Severity.allCases.map(\.rawValue)
    let width = severities.map(\.count).max() ?? 0
    let checks = findings.map(\.check.count).max() ?? 0
    let indent = String(repeating: " ", count: width + checks + 4)
    var lines = findings.flatMap { finding in
      let severity = finding.severity.rawValue.padding(toLength: width, withPad: " ", startingAt: 0)
      let check = finding.check.padding(toLength: checks, withPad: " ", startingAt: 0)
      return ["\(severity)  \(check)  \(finding.what.printable)"]
        + (finding.remedy.map { ["\(indent)→ \($0.printable)"] } ?? [])
    }
    lines.append("\(number(of: .problem, in: findings)), \(number(of: .warning, in: findings))")
    return lines
  }

  private static func number(of severity: Finding.Severity, in findings: [Finding]) -> String {
    let count = count(severity, in: findings)
    return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
  }

  private static func count(_ severity: Finding.Severity, in findings: [Finding]) -> Int {
    findings.count { $0.severity == severity }
  }

  private struct Image: Encodable {
    let release: String
    let problems: Int
    let warnings: Int
    let findings: [Finding]
  }

  private static func encoded(_ findings: [Finding]) throws -> String {
    let image = Image(
      release: Release.version, problems: count(.problem, in: findings),
      warnings: count(.warning, in: findings), findings: findings)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(image), as: UTF8.self).printableJSON
  }
}

extension Doctor.Role: ExpressibleByArgument {}
