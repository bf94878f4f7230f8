import Keys

/// How much memory is left, and when it will be full if it goes on like that.
package struct Capacity: Encodable, Sendable {
  /// What the last week says about the next ones.
  package enum Outlook: Equatable, Sendable {
    /// There is less than a day of samples.
    case unknown
    /// It does not grow, or so slowly that it lasts for ten years.
    case steady
    /// It is full after so many days at the present rate.
    case full(days: Double)
  }

  /// A master.
  package struct Master: Encodable, Sendable {
    package let memory: MasterMemory
    package let outlook: Outlook

    /// What it uses of what it may use, in percent; nil if it tells no limit.
    package var percent: Double? { Capacity.percent(memory.used, of: memory.limit) }
  }

  /// How many of the last hours the rate is taken from: a week has all the days that differ.
  private static let window = 7 * 24
  /// How many hours there have to be between the first sample and the last: nights differ from days.
  private static let least = 24
  private static let most = 3650.0

  /// The masters that answer.
  package let masters: [Master]
  package var used: Int { masters.reduce(0) { $0 + $1.memory.used } }
  /// What all of them may use; nil if one tells no limit.
  package var limit: Int? {
    masters.contains { $0.memory.limit == 0 } ? nil : masters.reduce(0) { $0 + $1.memory.limit }
  }
  package var percent: Double? { limit.flatMap { Self.percent(used, of: $0) } }

  /// That of the master that is full first.
  package var outlook: Outlook {
    let days = masters.compactMap { if case .full(let days) = $0.outlook { days } else { nil } }
    if let first = days.min() { return .full(days: first) }
    return masters.isEmpty || masters.contains { $0.outlook == .unknown } ? .unknown : .steady
  }

  package init(_ masters: [MasterMemory], _ history: MemoryHistory) {
    self.masters = masters.map { Master(memory: $0, outlook: Self.outlook(of: $0, history)) }
  }

  private static func outlook(of now: MasterMemory, _ history: MemoryHistory) -> Outlook {
    guard let last = history.samples.last?.hour, now.limit > 0 else { return .unknown }
    let points = history.samples.filter { $0.hour > last - window }.compactMap { sample in
      sample.masters.first { $0.master == now.master }.map { (Double(sample.hour), Double($0.used)) }
    }
    guard let (first, end) = points.first.flatMap({ first in points.last.map { (first.0, $0.0) } }),
      end - first >= Double(least)
    else { return .unknown }
    let days = Double(max(0, now.limit - now.used)) / slope(points) / 24
    return days >= 0 && days < most ? .full(days: days) : .steady
  }

  /// The rate of a line with the least squares of distances, in bytes an hour.
  private static func slope(_ points: [(x: Double, y: Double)]) -> Double {
    let count = Double(points.count)
    let x = points.reduce(0) { $0 + $1.x } / count
    let y = points.reduce(0) { $0 + $1.y } / count
    let (up, along) = points.reduce((0, 0)) {
      ($0.0 + ($1.x - x) * ($1.y - y), $0.1 + ($1.x - x) * ($1.x - x))
    }
    return up / along
  }

  fileprivate static func percent(_ used: Int, of limit: Int) -> Double? {
    limit > 0 ? (1000 * Double(used) / Double(limit)).rounded() / 10 : nil
  }
}

extension Capacity {
  fileprivate enum Names: String, CodingKey {
    case master, masters, used, limit, percent, outlook, daysUntilFull
  }

  package func encode(to encoder: any Encoder) throws {
    var image = encoder.container(keyedBy: Names.self)
    try image.encode(masters, forKey: .masters)
    try image.encode(used, forKey: .used)
    try image.encodeIfPresent(limit, forKey: .limit)
    try image.encodeIfPresent(percent, forKey: .percent)
    try Self.encode(outlook, to: &image)
  }

  fileprivate static func encode(_ outlook: Outlook, to image: inout KeyedEncodingContainer<Names>) throws {
    switch outlook {
    case .unknown: try image.encode("unknown", forKey: .outlook)
    case .steady: try image.encode("steady", forKey: .outlook)
    case .full(let days):
      try image.encode("full", forKey: .outlook)
      try image.encode((10 * days).rounded() / 10, forKey: .daysUntilFull)
    }
  }
}

extension Capacity.Master {
  package func encode(to encoder: any Encoder) throws {
    var image = encoder.container(keyedBy: Capacity.Names.self)
    try image.encode(memory.master, forKey: .master)
    try image.encode(memory.used, forKey: .used)
    if memory.limit > 0 { try image.encode(memory.limit, forKey: .limit) }
    try image.encodeIfPresent(percent, forKey: .percent)
    try Capacity.encode(outlook, to: &image)
  }
}
