import Hummingbird
import Market

/// An item's entity tag: its version and the numbers that deals move, `"3-1-0"`.
///
/// It stands for what a change goes by (`Seen`), not for every byte of the item: a status that moves by itself leaves
/// it as it is, and with it the right to change an address.
extension Resource {
  /// The members that the tag is made of.
  var tagged: [String] { Seen.names.filter { isNumber($0) != nil } }

  func tag(of item: Fields) -> String {
    "\"\(tagged.map { Self.number($0, of: item) }.joined(separator: "-"))\""
  }

  /// A member that the tag is made of; what was never changed, held or sold need not say so.
  static func number(_ name: String, of item: Fields) -> String {
    item[name] ?? (name == "version" ? "1" : "0")
  }

  /// What a client has seen by its `If-Match`: of several tags the one of the item as it is, if it is among them.
  func seen(ifMatch header: String?, present: Fields) -> Fields {
    let tags = (header ?? "*").split(separator: ",").map { $0.filter { $0 != " " } }
    // Any item will do.
    if tags.contains("*") { return [:] }
    let tag = tags.first { $0 == self.tag(of: present) } ?? tags.first ?? ""
    let numbers = tag.dropFirst().dropLast().split(separator: "-").compactMap { Int($0) }
    guard tag.first == "\"", tag.last == "\"", numbers.count == tagged.count, numbers.allSatisfy({ $0 >= 0 })
    else {
      // Not a tag of ours, or a weak one, which is never enough for a change: no item has this version.
      return ["version": "0"]
    }
    return Fields(zip(tagged, numbers).map { ($0, String($1)) })
  }

  func headers(of item: Fields) -> HTTPFields { [.eTag: tag(of: item)] }
}
