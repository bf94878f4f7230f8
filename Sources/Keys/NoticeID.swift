import Lanes
import Market

/// The name of a notice, made from its event and its recipient: `3-1795361246702-0-b-김민지`.
///
/// It includes the user, so that the name alone is enough to find the notice. The part before the user is its
/// name among the user's notices.
public struct NoticeID: Hashable, Sendable, CustomStringConvertible {
  public let shard: Shard
  /// The event's position in the shard's journal.
  public let position: EntryID
  public let role: DealRole
  public let userid: String

  public init(of position: EntryID, in shard: Shard, to userid: String, as role: DealRole) {
    self.shard = shard
    self.position = position
    self.role = role
    self.userid = userid
  }

  /// Parses a complete name; nil if the text names no notice.
  public init?(_ text: String) {
    // Splits bytes, and only the first four parts: the user's name can contain anything.
    let parts = text.utf8.split(separator: Self.dash, maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, !parts[4].isEmpty else { return nil }
    self.init(own: String(Substring(text.utf8[..<parts[3].endIndex])), of: String(Substring(parts[4])))
  }

  /// Parses a name among those of a user; nil if the text names no notice.
  public init?(own: String, of userid: String) {
    // Without an array of its parts: a user can have a thousand.
    let text = own.utf8
    guard let first = text.firstIndex(of: Self.dash), let last = text.lastIndex(of: Self.dash), first < last,
      let index = Int(Substring(text[..<first])), index >= 0,
      let position = EntryID(Substring(text[text.index(after: first)..<last])),
      let role = DealRole.allCases.first(where: {
        text[text.index(after: last)...].elementsEqual($0.letter.utf8)
      })
    else { return nil }
    self.init(of: position, in: Shard(index), to: userid, as: role)
    // Each notice has exactly one name.
    guard self.own == own else { return nil }
  }

  private static let dash = UInt8(ascii: "-")

  /// Its name among the user's notices: `3-1795361246702-0-b`.
  public var own: String { "\(shard.index)-\(position)-\(role.letter)" }

  public var description: String { "\(own)-\(userid)" }

  /// Returns the complete notice from its stored fields: adds those that follow from the name, and its text in Korean.
  /// Returns nil if the stored text is not packed fields.
  public func fields(stored: String) -> Fields? {
    guard let rest = Fields(packed: stored) else { return nil }
    var told: Fields = [
      "id": description, "userid": userid, "role": role.rawValue, "createdAt": position.timestamp,
    ]
    told.pairs += rest.pairs
    // Older releases stored it.
    if rest["message"] == nil, let text = NoticeText(stored: rest, to: role) {
      told.append("message", text.korean)
    }
    return told
  }
}

/// Ordered by time.
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
