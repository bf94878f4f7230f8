import Market

/// The directory's entry for an id, such as `100 key:order-1`: the product, and the command that claimed the
/// id first.
///
/// A third word, `made`, follows if a door chose the id itself. Older releases wrote the product alone.
public struct DirectoryEntry: Equatable, Sendable {
  public var productid: Int
  public var commandid: String?
  /// Whether a door chose the id: then no other command has it, unless the counter of ids went back.
  public var isMade: Bool

  public init(productid: Int, commandid: String?, isMade: Bool) {
    self.productid = productid
    self.commandid = commandid
    self.isMade = isMade
  }

  public init?(_ text: String) {
    let words = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2).map { String(Substring($0)) }
    guard let productid = words.first.flatMap({ Int($0) }) else { return nil }
    self.init(
      productid: productid, commandid: words.count > 1 ? words[1] : nil,
      isMade: words.count > 2 && words[2] == "made")
  }

  public var text: String {
    guard let commandid else { return "\(productid)" }
    return "\(productid) \(commandid)\(isMade ? " made" : "")"
  }
}
