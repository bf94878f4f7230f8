import Telemetry

/// A dashboard as Grafana's JSON model has it: a row for each section, three charts beside each other.
struct Dashboard: Encodable {
  private static let (columns, width, height) = (3, 8, 8)
  private static let source = Source(type: "prometheus", uid: "${datasource}")

  let title = "Handover"
  let uid = "handover"
  let tags = ["handover"]
  let schemaVersion = 39
  let editable = true
  let refresh = "30s"
  let time = Span(from: "now-1h", to: "now")
  let templating = Templating(list: [
    Variable(name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus")
  ])
  let panels: [Element]

  init() {
    var elements: [Element] = []
    var top = 0
    for section in Panel.Section.allCases {
      elements.append(
        Element(id: elements.count + 1, title: section.rawValue, gridPos: Place(x: 0, y: top, w: 24, h: 1)))
      top += 1
      let panels = Self.panels(of: section)
      for (index, panel) in panels.enumerated() {
        let place = Place(
          x: index % Self.columns * Self.width, y: top + index / Self.columns * Self.height, w: Self.width,
          h: Self.height)
        elements.append(Element(id: elements.count + 1, panel, at: place, from: Self.source))
      }
      top += (panels.count + Self.columns - 1) / Self.columns * Self.height
    }
    panels = elements
  }

  private static func panels(of section: Panel.Section) -> [(panel: Panel, description: String)] {
    let metrics = Metric.allCases.filter { $0.panel.section == section }.map { ($0.panel.panel, $0.help) }
    let objectives = Panel.objectives.map {
      ($0, "By compose/prometheus/slo.yaml; Runbook.md says what to do.")
    }
    return section == .objectives ? objectives + metrics : metrics
  }
}

extension Dashboard {
  struct Span: Encodable { let from, to: String }

  struct Templating: Encodable { let list: [Variable] }

  struct Variable: Encodable { let name, label, type, query: String }

  struct Source: Encodable { let type, uid: String }

  struct Place: Encodable { let x, y, w, h: Int }

  struct Query: Encodable {
    let refId, expr, legendFormat: String
    let datasource: Source
  }

  struct Options: Encodable {
    struct Legend: Encodable {
      let displayMode = "list"
      let placement = "bottom"
    }
    struct Tooltip: Encodable {
      let mode = "multi"
      let sort = "desc"
    }
    let legend = Legend()
    let tooltip = Tooltip()
  }

  struct FieldConfig: Encodable {
    struct Defaults: Encodable {
      let unit: String
      let min = 0
    }
    let defaults: Defaults
    let overrides: [String] = []
  }

  /// A row's heading or a chart.
  struct Element: Encodable {
    let id: Int
    let type: String
    let title: String
    let gridPos: Place
    var description: String?
    var datasource: Source?
    var targets: [Query]?
    var fieldConfig: FieldConfig?
    var options: Options?

    init(id: Int, title: String, gridPos: Place) {
      (self.id, type, self.title, self.gridPos) = (id, "row", title, gridPos)
    }

    init(id: Int, _ chart: (panel: Panel, description: String), at place: Place, from source: Source) {
      (self.id, type, title, gridPos) = (id, "timeseries", chart.panel.title, place)
      description = chart.description
      datasource = source
      targets = chart.panel.lines.enumerated().map { index, line in
        Query(
          refId: String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index))), expr: line.expression,
          legendFormat: line.legend, datasource: source)
      }
      fieldConfig = FieldConfig(defaults: .init(unit: chart.panel.unit.rawValue))
      options = Options()
    }
  }
}
