import Foundation
import Keys
import Redis
import Testbed

/// Changes the release of all processes while the system works and is broken.
struct Upgrade: Sendable {
  enum Course: Sendable {
    /// From the release before to today's, for good: in the end the format of the data is raised by itself.
    case forward
    /// The same under a held format, and back again.
    case back

    /// How the time is divided: until which part of it which releases are started.
    fileprivate var phases: [(until: Double, releases: [ChaosSystem.Release])] {
      switch self {
      case .forward: [(0.2, [.previous]), (0.5, [.previous, .today]), (1, [.today])]
      case .back:
        [
          (0.15, [.previous]), (0.4, [.previous, .today]), (0.6, [.today]), (0.8, [.previous, .today]),
          (1, [.previous]),
        ]
      }
    }
  }

  let course: Course
  let stage: ChaosSystem
  let seed: UInt64

  /// Blocks until all phases are over. Throws if the format was raised although it must not be.
  func run(from start: ContinuousClock.Instant, for time: Duration) throws {
    var anchor: ChaosSystem.Member?
    defer { if let anchor { stage.putBack(anchor) } }
    for (place, phase) in course.phases.enumerated() {
      stage.choose(phase.releases)
      var dice = Dice(seed: seed, .upgrade, place)
      if phase.releases.count > 1 {
        // One of the older release lives throughout, whatever happens to the others: it is what holds the format.
        if course == .forward { anchor = stage.take(dice.roll(0...99)) { $0.executable != "ingress" } }
        replaceHalf(&dice)
      } else {
        if let old = anchor.take() {
          try expectFirstFormat("while a replica of the release before lived")
          stage.putBack(old)
        }
        try replaceAll(by: phase.releases[0])
      }
      let rest = start + time * phase.until - .now
      if rest > .zero { Thread.sleep(forTimeInterval: rest.seconds) }
    }
  }

  /// Waits for the format that the course leads to.
  func finish() throws {
    switch course {
    case .forward:
      try insist("the format is raised") {
        guard try writtenFormat() == DataFormat.current else { throw Mishap("it is not") }
      }
    case .back: try expectFirstFormat("although it was held")
    }
  }

  /// Keeps the format, so that one can go back.
  func prepare() throws {
    guard course == .back else { return }
    let (isDone, text) = try stage.operate("format", "hold")
    guard isDone else { throw Mishap("handover format hold: \(text)") }
  }

  /// Ends all processes of the other release, ingresses first, until only those of this one run.
  private func replaceAll(by release: ChaosSystem.Release) throws {
    try insist("all processes are of \(release.rawValue)") {
      while let other = stage.take(0, where: { $0.release != release && $0.port != nil })
        ?? stage.take(0, where: { $0.release != release })
      {
        try replace(other)
      }
      // Others are taken by a fault just now.
      let other: ChaosSystem.Release = release == .today ? .previous : .today
      guard !stage.runs(other) else { throw Mishap("\(other.rawValue) runs still") }
    }
  }

  private func replaceHalf(_ dice: inout Dice) {
    for executable in ["ingress"] + ChaosSystem.workers {
      guard dice.chance(75), let member = stage.take(executable, dice.roll(0...99)) else { continue }
      try? replace(member)
    }
  }

  private func replace(_ member: ChaosSystem.Member) throws {
    member.process.kill()
    try stage.start(member.executable, port: member.port)
  }

  private func expectFirstFormat(_ when: String) throws {
    let format = try insist("Redis tells the format") { try writtenFormat() }
    guard format == DataFormat.first else { throw Mishap("the format was raised to \(format) \(when)") }
  }

  private func writtenFormat() throws -> Int {
    try stage.redis.connect().call("HGET", Key.format, "writes").integer ?? DataFormat.first
  }
}
