/// A part of the products. All keys of a shard have its hash tag, so one script can change them together.
public struct Shard: Hashable, Sendable {
  public let index: Int

  public init(_ index: Int) { self.index = index }

  /// The hash tag, `{3}`.
  public var tag: String { "{\(index)}" }

  /// Returns a key of this shard, such as `{3}:events`.
  public func key(_ name: String) -> String { "{\(index)}:\(name)" }

  /// Returns the shard of a product: the 64-bit FNV-1a hash of its decimal text, modulo the number of shards.
  ///
  /// The hash is part of the stored format: it must never change once data exists.
  public static func of(productid: Int, among count: Int) -> Shard {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in String(productid).utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return Shard(Int(hash % UInt64(count)))
  }
}
