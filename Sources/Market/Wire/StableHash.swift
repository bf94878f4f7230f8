/// SipHash-2-4 with a fixed key: the same 64 bits in every process and for all time, which nobody can aim at.
///
/// The hash is part of what is stored, so it must never change. Swift's own `Hasher` is another one in every
/// process, and the quicker hashes let a sender make up a text that has the hash of somebody else's.
struct StableHash {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  /// The bytes that make no whole word yet, the first one lowest.
  private var tail: UInt64 = 0
  private var count = 0

  /// The key that is always taken is “handovercommands” in ASCII.
  init(key: (UInt64, UInt64) = (0x6861_6e64_6f76_6572, 0x636f_6d6d_616e_6473)) {
    v0 = key.0 ^ 0x736f_6d65_7073_6575
    v1 = key.1 ^ 0x646f_7261_6e64_6f6d
    v2 = key.0 ^ 0x6c79_6765_6e65_7261
    v3 = key.1 ^ 0x7465_6462_7974_6573
  }

  mutating func add(_ byte: UInt8) {
    tail |= UInt64(byte) << (8 * (count & 7))
    count += 1
    if count & 7 == 0 {
      take(tail)
      tail = 0
    }
  }

  /// Adds a text and its end, so that two texts are not the same as one that joins them.
  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      let used = 8 * (count & 7)
      var place = 0
      // A word at a time: every command that comes in is hashed.
      while place + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        take(tail | word << used)
        tail = used == 0 ? 0 : word >> (64 - used)
        place += 8
      }
      count += place
      for byte in bytes[place...] { add(byte) }
    }
    add(0xFF)
  }

  consuming func value() -> UInt64 {
    take(tail | UInt64(count & 0xFF) << 56)
    v2 ^= 0xFF
    for _ in 0..<4 { mix() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  private mutating func take(_ word: UInt64) {
    v3 ^= word
    mix()
    mix()
    v0 ^= word
  }

  private mutating func mix() {
    v0 &+= v1
    v1 = Self.rotate(v1, 13) ^ v0
    v0 = Self.rotate(v0, 32)
    v2 &+= v3
    v3 = Self.rotate(v3, 16) ^ v2
    v0 &+= v3
    v3 = Self.rotate(v3, 21) ^ v0
    v2 &+= v1
    v1 = Self.rotate(v1, 17) ^ v2
    v2 = Self.rotate(v2, 32)
  }

  private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
}
