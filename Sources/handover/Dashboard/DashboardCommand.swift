import ArgumentParser
import Foundation

/// Prints a Grafana dashboard of all metrics.
struct DashboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard", abstract: "Prints a Grafana dashboard of all metrics that this release has.",
    discussion: """
      EXAMPLE
        handover dashboard > compose/grafana/handover.json

      Import it in Grafana and choose the Prometheus that has compose/prometheus/slo.yaml among its rules.
      """)

  func run() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try Output.write([String(decoding: try encoder.encode(Dashboard()), as: UTF8.self)])
  }
}
