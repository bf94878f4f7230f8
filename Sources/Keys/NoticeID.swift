import Lanes
import Market

/// Names a notice by what it tells of and whom it tells: `3-1795361246702-0-b-김민지`.
///
/// The user is part of the name, so that the name alone leads to the notice; all before is its name among the
/// user's own.
public struct NoticeID: Hashable, Sendable, CustomStringConvertible {
  public let shard: Shard
  /// The event's place on the shard's journal.
  public let position: EntryID
  public let role: DealRole
  public let userid: String

  public init(of position: EntryID, in shard: Shard, to userid: String, as role: DealRole) {
    self.shard = shard
    self.position = position
    self.role = role
    self.userid = userid
  }

  /// Reads a whole name; nil for what names no notice.
  public init?(_ text: String) {
    // By bytes and only so far: a user's own name may begin with and hold anything.
    let parts = text.utf8.split(separator: Self.dash, maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, !parts[4].isEmpty else { return nil }
    self.init(own: String(Substring(text.utf8[..<parts[3].endIndex])), of: String(Substring(parts[4])))
  }

  /// Reads a name among those of a user.
  public init?(own: String, of userid: String) {
    let parts = own.utf8.split(separator: Self.dash, omittingEmptySubsequences: false).map { Substring($0) }
    guard parts.count == 4, let index = Int(parts[0]), index >= 0,
      let position = EntryID("\(parts[1])-\(parts[2])"),
      let role = DealRole.allCases.first(where: { $0.letter == parts[3] })
    else { return nil }
    self.init(of: position, in: Shard(index), to: userid, as: role)
    // One notice has one name only.
    guard self.own == own else { return nil }
  }

  private static let dash = UInt8(ascii: "-")

  /// Its name among the user's: `3-1795361246702-0-b`.
  public var own: String { "\(shard.index)-\(position)-\(role.letter)" }

  public var description: String { "\(own)-\(userid)" }

  /// The whole notice, of what is stored of it: all but what its name tells. Nil where that is not packed.
  public func fields(stored: String) -> Fields? {
    guard let rest = Fields(packed: stored) else { return nil }
    let told: Fields = [
      "id": description, "userid": userid, "role": role.rawValue, "createdAt": position.timestamp,
    ]
    return Fields(told.pairs + rest.pairs)
  }
}

/// By time.
extension NoticeID: Comparable {
  public static func < (left: NoticeID, right: NoticeID) -> Bool {
    (left.position, left.shard.index, left.role.letter) < (
      right.position, right.shard.index, right.role.letter
    )
  }
}

extension DealRole {
  fileprivate var letter: String { self == .buyer ? "b" : "s" }
}
