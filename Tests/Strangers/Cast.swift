import Testbed

/// Who calls: users who only buy, users who sell too, users who own nothing, and those without a valid token.
struct Cast: Sendable {
  struct Player: Sendable {
    let name: String
    /// The `Authorization` header.
    let credentials: String?
    var isOperator = false

    var sells: Bool { name.hasPrefix(Cast.seller) }
    var buys: Bool { sells || name.hasPrefix(Cast.buyer) }
    /// Whether the ingress knows who it is.
    var isKnown: Bool { buys || isOperator || name.hasPrefix(Cast.stranger) }
  }

  static let buyer = "구매자"
  static let seller = "판매자"
  static let stranger = "이웃"

  let players: [Player]
  /// Those without a valid token.
  let unknown: [Player]

  init(_ issuer: TestIssuer) throws {
    func bearer(_ name: String, scope: String? = nil) throws -> String {
      "Bearer \(try issuer.token(name, scope: scope, lifetime: 86_400))"
    }
    var players: [Player] = []
    for name in (0..<6).map({ "\(Self.buyer)\($0)" }) + (0..<3).map({ "\(Self.seller)\($0)" })
      + (0..<4).map({ "\(Self.stranger)\($0)" })
    {
      players.append(Player(name: name, credentials: try bearer(name)))
    }
    players.append(
      Player(name: "운영자", credentials: try bearer("운영자", scope: "handover:operator"), isOperator: true))
    let other = try TestIssuer()
    let foreign = try other.token("\(Self.buyer)0", header: ["kid": "\"key-1\""])
    let good = try issuer.token("\(Self.buyer)0")
    let parts = good.split(separator: ".").map(String.init)
    self.players = players
    unknown = [
      nil, "", "Bearer", "Bearer \(foreign)", "Bearer \(parts[0]).\(parts[1]).", "Basic \(good)",
      "Bearer \(try issuer.token("\(Self.buyer)0", lifetime: -3600))", "Bearer \(parts[0]).e30.\(parts[2])",
      "Bearer eyJhbGciOiJub25lIn0.\(parts[1]).", "Bearer \(good)x",
    ].map { Player(name: "", credentials: $0) }
  }
}
