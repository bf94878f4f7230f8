/// One of the 16,384 parts into which a Redis Cluster divides its keys. A slot belongs to one node at a time.
public struct HashSlot: Hashable, Sendable {
  public static let count = 16_384

  public let number: Int

  /// Returns nil outside 0…16383.
  public init?(number: Int) {
    guard (0..<Self.count).contains(number) else { return nil }
    self.number = number
  }

  public init(of key: String) {
    var key = key
    self = key.withUTF8 { HashSlot(of: UnsafeRawBufferPointer($0)) }
  }

  /// Hashes the key; of a key with a tag, as in `{3}:events`, only the tag.
  ///
  /// The tag is between the first `{` and the next `}`. If it is empty, the whole key counts.
  public init(of key: UnsafeRawBufferPointer) {
    number = Int(Self.checksum(Self.tag(of: key))) % Self.count
  }

  private static func tag(of key: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
    let rest = key[(open + 1)...]
    guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return key[...] }
    return rest[..<close]
  }

  /// CRC16/XMODEM: polynomial 0x1021, initial value 0.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
    bytes.reduce(0) { sum, byte in sum << 8 ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)] }
  }

  private static let table: [UInt16] = (0..<256).map { index in
    (0..<8).reduce(UInt16(index) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
  }
}
