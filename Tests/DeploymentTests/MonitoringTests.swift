import Foundation
import Telemetry
import Testbed
import Testing

/// Alerts, runbook and dashboard speak of the metrics that there are, and of each other.
@Suite struct MonitoringTests {
  private static let rules = ["prometheus/alerts.yaml", "prometheus/slo.yaml"]

  @Test func `alerts use only metrics that exist`() throws {
    for file in Self.rules {
      let text = try Deployment.text(file)
      // Recorded names have colons.
      let names = Set(text.matches(of: /\b(?:handover|http)_\w+/).map { String($0.0) })
      let known = Metric.allCases.flatMap {
        ["", "_bucket", "_count"].map { [name = $0.rawValue] in name + $0 }
      }
      #expect(names.subtracting(known) == [])
      let recorded = Set(text.matches(of: /record: (\S+)/).map { String($0.1) })
      let used = Set(text.matches(of: /\bhandover:[\w:]+/).map { String($0.0) })
      #expect(used.subtracting(recorded) == [])
    }
  }

  @Test func `the runbook has a section for every alert, and the alert leads there`() throws {
    let runbook = try String(
      contentsOf: Executables.package.appending(
        path: "Sources/Documentation/Documentation.docc/Runbook.md"), encoding: .utf8)
    let sections = runbook.matches(of: /## (Handover\w+)\n([^#]*)/)
    for section in sections {
      for word in ["**Means**", "notice", "*Look*", "*do*", "*Over*"] {
        #expect(section.2.lowercased().contains(word.lowercased()), "\(section.1): \(word)")
      }
    }
    var alerts: [String] = []
    for file in Self.rules {
      for rule in try Deployment.text(file).split(separator: "- alert: ").dropFirst() {
        let name = String(rule.prefix { !$0.isWhitespace })
        #expect(rule.contains("runbook: Runbook.md#\(name.lowercased())\n"), "\(name)")
        #expect(rule.contains("severity: critical}") || rule.contains("severity: warning}"), "\(name)")
        alerts.append(name)
      }
    }
    #expect(alerts.count > 10 && alerts.sorted() == sections.map { String($0.1) }.sorted())
  }

  @Test func `the dashboard is the one of this release, with all its metrics`() throws {
    let kept = try Deployment.text("grafana/handover.json")
    #expect(
      try Deployment.output(of: "handover", "dashboard") == kept,
      "Run `handover dashboard > compose/grafana/handover.json`.")
    let recorded = Set(
      try Deployment.text("prometheus/slo.yaml").matches(of: /record: (\S+)/).map { String($0.1) })
    let board = try JSONDecoder().decode(JSON.self, from: Data(kept.utf8))
    let queries = board["panels"].elements.flatMap { $0["targets"].elements }.compactMap { $0["expr"].text }
    for metric in Metric.allCases {
      #expect(queries.contains { $0.contains(metric.rawValue) }, "no chart has \(metric.rawValue)")
    }
    for query in queries {
      let names = query.matches(of: /\bhandover:[\w:]+/).map { String($0.0) }
      #expect(recorded.isSuperset(of: names), "\(query)")
    }
    try Self.check(queries)
  }

  /// Prometheus' own tool reads every query.
  private static func check(_ queries: [String]) throws {
    let rules = FileManager.default.temporaryDirectory.appending(
      path: "queries-\(UInt32.random(in: 0...UInt32.max)).yaml")
    defer { try? FileManager.default.removeItem(at: rules) }
    let text = queries.enumerated().map { index, query in
      """
            - record: query:number\(index)
              expr: |
                \(query.replacing("$__rate_interval", with: "5m"))

      """
    }
    try "groups:\n  - name: dashboard\n    rules:\n\(text.joined())"
      .write(to: rules, atomically: true, encoding: .utf8)
    #expect(
      try Deployment.output(of: "/usr/bin/env", "promtool", "check", "rules", rules.path).contains("SUCCESS"))
  }
}
