/// The position of an entry in a log: when it was taken in, and its place among those of that millisecond.
///
/// Every shard's clock: it says what came first, and no decision knows another time. Written `1712-3`.
public struct EntryID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let zero = EntryID(milliseconds: 0, sequence: 0)

  public var milliseconds: UInt64
  public var sequence: UInt64

  public init(milliseconds: UInt64, sequence: UInt64) {
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// Reads `milliseconds-sequence`, both plain decimal numbers; anything else is no position.
  public init?(_ text: some StringProtocol) {
    let dash = UInt8(ascii: "-")
    // UInt64 would take a leading plus sign as well.
    guard text.utf8.allSatisfy({ $0 == dash || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1]) else {
      return nil
    }
    self.init(milliseconds: milliseconds, sequence: sequence)
  }

  public var description: String { "\(milliseconds)-\(sequence)" }

  public static func < (left: EntryID, right: EntryID) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }
}
