import Testbed

/// The run's random decisions. The same seed and place yield the same decisions, independent of timing.
struct Dice: RandomNumberGenerator {
  /// The users of the dice; each has its own sequences.
  enum Roller: UInt64 {
    case shopper = 1
    case scribe, saboteur, deck, release, upgrade
  }

  private var generator: SplitMix64

  /// - Parameter place: the number of the decision among those of its roller.
  init(seed: UInt64, _ roller: Roller, _ place: Int) {
    generator = SplitMix64(seed: seed)
    for part in [roller.rawValue, UInt64(truncatingIfNeeded: place)] {
      generator = SplitMix64(seed: generator.next() ^ part)
    }
  }

  mutating func next() -> UInt64 { generator.next() }

  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func chance(_ percent: Int) -> Bool { roll(1...100) <= percent }

  /// Returns one of the values, which must not be empty.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[roll(0...(values.count - 1))] }

  mutating func seconds(_ range: ClosedRange<Double>) -> Duration {
    .seconds(Double.random(in: range, using: &self))
  }
}
