import Market

/// The JSON form of one kind of item: its names in links and its members.
struct Resource: Sendable {
  /// The singular, the name of a link.
  let name: String
  /// The plural, the name of a collection and of its path.
  let collection: String
  /// The members, in the order in which they are written.
  let columns: [Column]
  /// The names of the calls below an item.
  let actions: [String]

  struct Column: Sendable {
    let name: String
    let isNumber: Bool
    /// Whether it is left out if there is none.
    let isOptional: Bool
  }

  /// - Parameters:
  ///   - columns: the members' names; those of numbers begin with `#`, and those of texts that can be left out with `?`.
  ///   - entity: what clients send commands to, if it is that.
  private init(_ name: String, _ collection: String, _ columns: String, of entity: Entity? = nil) {
    self.name = name
    self.collection = collection
    actions = CommandKind.allCases.filter { $0.entity == entity }.flatMap(\.routes).compactMap {
      if case .action(_, let name, _) = $0 { name } else { nil }
    }
    self.columns = columns.split(separator: " ").map { column in
      let (isNumber, isOptional) = (column.hasPrefix("#"), column.hasPrefix("?"))
      return Column(
        name: String(isNumber || isOptional ? column.dropFirst() : column), isNumber: isNumber,
        isOptional: isNumber || isOptional)
    }
  }

  static let reserve = Resource(
    "reserve", "reserves",
    "#id #productid userid productname #qty reserveDt address #price status ?until ?confirm ?reason #version",
    of: .reserve)
  static let trade = Resource(
    "trade", "trades",
    "#id #productid userid productname #qty #price status #held #sold ?confirm ?remindAt #version", of: .trade
  )
  static let inventory = Resource(
    "inventory", "inventories", "#id #productid productname #qty status #held #version", of: .inventory)

  static func of(_ entity: Entity) -> Resource {
    switch entity {
    case .reserve: reserve
    case .trade: trade
    case .inventory: inventory
    }
  }

  /// Whether users can change such items, and so need to say which version they have seen.
  var isVersioned: Bool { isNumber("version") != nil }

  func isNumber(_ name: String) -> Bool? { columns.first { $0.name == name }?.isNumber }

  /// Writes the members into an open object; an absent text is empty, unless it can be left out as numbers are.
  func write(_ fields: Fields, to json: inout JSONWriter) {
    for column in columns {
      let (name, value) = (column.name, fields[column.name])
      if column.isNumber {
        // An item that was never changed has no stored version.
        if let number = value.flatMap({ Int($0) }) ?? (name == "version" ? 1 : nil) {
          json.write(name, number)
        }
      } else if let text = value ?? (column.isOptional ? nil : "") {
        json.write(name, text)
      }
    }
  }

  /// Writes an item with its links into an open object.
  func write(item fields: Fields, on baseURL: BaseURL, to json: inout JSONWriter) {
    write(fields, to: &json)
    json.object("_links") { json in
      if name == "mypage" {
        if let id = fields["reserveid"] { json.link("reserve", baseURL.href("/reserves/\(id)")) }
        return
      }
      let own = baseURL.href("/\(collection)/\(URLText.encode(fields["id"] ?? ""))")
      json.link("self", own)
      json.link(name, own)
      for action in actions { json.link(action, "\(own)/\(action)") }
      if name == "reserve", fields["confirm"] == Confirmation.code.rawValue {
        json.link("code", "\(own)/code")
      }
      if name == "reserve", let trade = fields["tradeid"] {
        for action in Self.trade.actions { json.link(action, baseURL.href("/trades/\(trade)/\(action)")) }
      }
    }
  }
}

/// Items that belong to users.
extension Resource {
  static let notice = Resource(
    "notice", "notices",
    "id userid #productid productname #reserveid #tradeid role ?event status ?reason message createdAt")
  static let mypage = Resource(
    "mypage", "mypages",
    """
    #reserveid #productid productname #qty #price reserveDt address role reserveStatus tradeStatus stockStatus status \
    ?until ?confirm ?reason #tradeid seller buyer createdAt updatedAt
    """)

  /// Returns an item in the words of a language: what is stored of a notice is Korean.
  func worded(_ fields: Fields, in language: Language) -> Fields {
    guard language == .english, name == Self.notice.name,
      let role = fields["role"].flatMap({ DealRole(rawValue: $0) }),
      let text = NoticeText(stored: fields, to: role)
    else { return fields }
    return Fields(fields.pairs.map { $0.name == "message" ? ($0.name, text.english) : $0 })
  }
}
