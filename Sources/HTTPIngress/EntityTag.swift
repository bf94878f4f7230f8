import Hummingbird
import Market

/// An item's entity tag: its version and the numbers that deals change, `"3-1-0"`.
///
/// It covers what a change is checked against (`Seen`), not every byte of the item: a status that changes by
/// itself does not change the tag, so a client that saw the old status can still change the address.
extension Resource {
  /// The members that make up the tag.
  var tagged: [String] { Seen.names.filter { isNumber($0) != nil } }

  func tag(of item: Fields) -> String {
    "\"\(tagged.map { Self.number($0, of: item) }.joined(separator: "-"))\""
  }

  /// Returns a member of the tag; absent members are 1 for the version and 0 for the others.
  static func number(_ name: String, of item: Fields) -> String {
    item[name] ?? (name == "version" ? "1" : "0")
  }

  /// Returns what a client has seen according to its `If-Match`. The item's current tag wins over others.
  func seen(ifMatch header: String?, present: Fields) -> Fields {
    let tags = (header ?? "*").split(separator: ",").map { $0.filter { $0 != " " } }
    // Any item matches.
    if tags.contains("*") { return [:] }
    let tag = tags.first { $0 == self.tag(of: present) } ?? tags.first ?? ""
    let numbers = tag.dropFirst().dropLast().split(separator: "-").compactMap { Int($0) }
    guard tag.first == "\"", tag.last == "\"", numbers.count == tagged.count, numbers.allSatisfy({ $0 >= 0 })
    else {
      // Not one of our tags, or a weak one, which never permits a change. No item has version 0.
      return ["version": "0"]
    }
    return Fields(zip(tagged, numbers).map { ($0, String($1)) })
  }

  func headers(of item: Fields) -> HTTPFields { [.eTag: tag(of: item)] }
}
