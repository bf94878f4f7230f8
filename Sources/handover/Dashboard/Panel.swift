import Telemetry

/// One chart: a title, what its axis counts, and its lines.
struct Panel {
  /// The groups of charts, in the order in which they are shown.
  enum Section: String, CaseIterable {
    case objectives = "Objectives"
    case deals = "Deals"
    case calls = "HTTP"
    case workers = "Workers"
    case redis = "Redis"
    case trouble = "Trouble"
  }

  /// What an axis counts, by Grafana's names.
  enum Unit: String {
    case perSecond = "cps"
    case seconds = "s"
    case bytes
    case number = "short"
    case share = "percentunit"
  }

  /// How the values of several processes become one.
  enum Merge: String {
    case sum, max
  }

  let title: String
  let unit: Unit
  /// PromQL expressions, each with the pattern of its legend.
  let lines: [(expression: String, legend: String)]

  /// How often something happens.
  static func rate(_ metric: Metric, _ title: String, by labels: [String]) -> Panel {
    let by = labels.joined(separator: ", ")
    return Panel(
      title: title, unit: .perSecond,
      lines: [("sum by (\(by)) (rate(\(metric.rawValue)[$__rate_interval]))", legend(labels))])
  }

  /// What something is now.
  ///
  static func gauge(
    _ metric: Metric, _ title: String, _ merge: Merge, _ unit: Unit = .number, by labels: [String]
  ) -> Panel {
    let by = labels.joined(separator: ", ")
    return Panel(
      title: title, unit: unit,
      lines: [("\(merge.rawValue) by (\(by)) (\(metric.rawValue))", legend(labels))])
  }

  /// The median and the 99th percentile of a histogram.
  static func quantiles(_ metric: Metric, _ title: String, _ unit: Unit, by labels: [String]) -> Panel {
    let by = (["le"] + labels).joined(separator: ", ")
    return Panel(
      title: title, unit: unit,
      lines: [("0.5", "p50"), ("0.99", "p99")].map { quantile, name in
        (
          "histogram_quantile(\(quantile), sum by (\(by)) (rate(\(metric.rawValue)_bucket[$__rate_interval])))",
          "\(name) \(legend(labels))"
        )
      })
  }

  private static func legend(_ labels: [String]) -> String {
    labels.map { "{{\($0)}}" }.joined(separator: " ")
  }
}

extension Panel {
  /// The two objectives, as the rules in `compose/prometheus/slo.yaml` record them.
  static let objectives = [
    Panel(
      title: "Writes that failed or were late (0.1 % may)", unit: .share,
      lines: ["5m", "1h", "6h"].map { ("handover:writes_missed:ratio_rate\($0)", $0) }),
    Panel(
      title: "Time in which notices were late (1 % may)", unit: .share,
      lines: ["5m", "1h", "6h"].map { ("avg_over_time(handover:notices_late:bool[\($0)])", $0) }),
  ]
}
