/// What the run decides by chance. The same seed and place give the same decisions, whatever time did meanwhile.
struct Dice: RandomNumberGenerator {
  /// Who rolls: each has sequences of its own.
  enum Roller: UInt64 {
    case shopper = 1
    case scribe, saboteur, deck
  }

  private var state: UInt64

  /// - Parameter place: the number of the decision among all of its roller.
  init(seed: UInt64, _ roller: Roller, _ place: Int) {
    state = seed
    for part in [roller.rawValue, UInt64(truncatingIfNeeded: place)] {
      state = (next() ^ part) &* 0x2545_F491_4F6C_DD1D
    }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func chance(_ percent: Int) -> Bool { roll(1...100) <= percent }

  /// One of several, which must not be none.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[roll(0...(values.count - 1))] }

  mutating func seconds(_ range: ClosedRange<Double>) -> Duration {
    .seconds(Double.random(in: range, using: &self))
  }
}
