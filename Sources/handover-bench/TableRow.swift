import Foundation
import Runtime

/// A line of the performance table: what was measured several times, what beside it, and what is wanted.
struct TableRow: Sendable {
  enum Goal: Sendable {
    case atLeast(Double)
    case atMost(Double)
  }

  let what: String
  let ours: [Double]
  /// Empty if there is nothing to compare with.
  let beside: [Double]
  /// What the goal is about: ratios, or the values themselves.
  let figures: [Double]
  let goal: Goal?
  /// The decimal places of the values, and of the figures.
  private let places: (values: Int, figures: Int)

  /// Values with a goal of their own; those beside them are only shown.
  init(_ what: String, _ ours: [Double], beside: [Double] = [], places: Int, goal: Goal? = nil) {
    self.what = what
    self.ours = ours
    self.beside = beside
    self.goal = goal
    figures = ours
    self.places = (places, places)
  }

  /// Values divided by those beside them: the first by the first, and so on, as they were measured in turn.
  init(
    _ what: String, _ ours: [Double], by beside: [Double], places: Int, figurePlaces: Int = 2,
    goal: Goal? = nil
  ) {
    self.what = what
    self.ours = ours
    self.beside = beside
    self.goal = goal
    figures = zip(ours, beside).map { $0 / $1 }
    self.places = (places, figurePlaces)
  }

  static func table(_ rows: [TableRow]) -> TextTable {
    var table = TextTable("", "ours", "beside it", "figure", "range", "goal", "", alignsNumbers: true)
    for row in rows { row.add(to: &table) }
    return table
  }

  private func add(to table: inout TextTable) {
    func text(_ values: [Double], _ places: Int) -> String {
      values.isEmpty ? "–" : decimal(values.median, places)
    }
    let range = [figures.min(), figures.max()].compactMap { $0.map { decimal($0, places.figures) } }
    table.add(
      what, text(ours, places.values), text(beside, places.values), text(figures, places.figures),
      figures.count < 2 ? "" : range.joined(separator: " to "), goalText, verdict)
  }

  private var goalText: String {
    switch goal {
    case .atLeast(let least): "≥ \(Self.short(least))"
    case .atMost(let most): "≤ \(Self.short(most))"
    case nil: ""
    }
  }

  private static func short(_ number: Double) -> String {
    number.formatted(.number.locale(.init(identifier: "en")))
  }

  private var verdict: String {
    if figures.isEmpty { return "" }
    return switch goal {
    case .atLeast(let least): figures.median >= least ? "met" : "missed"
    case .atMost(let most): figures.median <= most ? "met" : "missed"
    case nil: ""
    }
  }
}
