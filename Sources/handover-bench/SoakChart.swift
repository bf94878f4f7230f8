import Foundation

/// The memory of a soak as an image: a line for what Redis uses, and one for that without what stays of each deal that
/// has left.
struct SoakChart {
  private static let (width, height) = (744.0, 360.0)
  /// The margins around the plot.
  private static let (left, right, top, bottom) = (64.0, 48.0, 46.0, 52.0)
  private static let colours = (all: "#2563eb", flat: "#15803d")

  let samples: [SoakSample]
  let bytesPerDeal: Double

  /// The memory without what stays of the deals that have left.
  static func flat(_ sample: SoakSample, _ bytesPerDeal: Double) -> Double {
    Double(sample.memory) - Double(sample.left) * bytesPerDeal
  }

  var svg: String {
    let deals = Double(samples.map(\.ended).max() ?? 1)
    let most = (samples.map { Double($0.memory) }.max() ?? 1) / 1e6
    let (across, up) = (Self.step(deals, 5), Self.step(most, 4))
    let (xEnd, yEnd) = ((deals / across).rounded(.up) * across, (most / up).rounded(.up) * up)
    func x(_ deals: Double) -> Double {
      Self.left + deals / xEnd * (Self.width - Self.left - Self.right)
    }
    func y(_ megabytes: Double) -> Double {
      Self.height - Self.bottom - megabytes / yEnd * (Self.height - Self.top - Self.bottom)
    }
    func line(_ colour: String, _ value: (SoakSample) -> Double) -> String {
      let points = samples.map { "\(decimal(x(Double($0.ended)), 1)),\(decimal(y(value($0) / 1e6), 1))" }
      return """
        <polyline fill="none" stroke="\(colour)" stroke-width="2" stroke-linejoin="round" \
        points="\(points.joined(separator: " "))"/>
        """
    }
    func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String, _ colour: String = "dimgray")
      -> String
    {
      #"<text x="\#(decimal(x, 1))" y="\#(decimal(y, 1))" text-anchor="\#(anchor)" fill="\#(colour)">\#(text)</text>"#
    }
    func grid(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
      let ends = zip(["x1", "y1", "x2", "y2"], [x1, y1, x2, y2]).map { #"\#($0)="\#(decimal($1, 1))""# }
      return #"<line \#(ends.joined(separator: " ")) stroke="lightgray"/>"#
    }
    var parts = [
      #"<rect width="\#(Int(Self.width))" height="\#(Int(Self.height))" rx="8" fill="white"/>"#,
      text("Memory that Redis uses, in MB", Self.left, 22, "start", Self.colours.all),
      text(
        "without the \(decimal(bytesPerDeal)) bytes of each deal that has left", Self.width - Self.right, 22,
        "end",
        Self.colours.flat),
      text(
        "whole deals that have ended", (Self.left + Self.width - Self.right) / 2, Self.height - 12, "middle"),
    ]
    for value in stride(from: 0, through: yEnd, by: up) {
      parts.append(grid(Self.left, y(value), Self.width - Self.right, y(value)))
      parts.append(text(decimal(value), Self.left - 8, y(value) + 4, "end"))
    }
    for value in stride(from: 0, through: xEnd, by: across) {
      parts.append(grid(x(value), Self.top, x(value), Self.height - Self.bottom))
      parts.append(text(decimal(value), x(value), Self.height - Self.bottom + 18, "middle"))
    }
    parts.append(line(Self.colours.all) { Double($0.memory) })
    parts.append(line(Self.colours.flat) { Self.flat($0, bytesPerDeal) })
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
      font-family="sans-serif" font-size="13">
      \(parts.joined(separator: "\n"))
      </svg>

      """
  }

  /// Returns a round distance between about so many marks.
  private static func step(_ range: Double, _ marks: Double) -> Double {
    var step = 1.0
    while step * 10 * marks < range { step *= 10 }
    return step * ([1, 2, 5, 10].first { step * $0 * marks >= range } ?? 10)
  }
}
