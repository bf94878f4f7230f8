import HTTPTypes
import Market

/// The call by which a REST client sends a command.
enum CommandRoute: Equatable {
  /// A POST to the collection.
  case create
  /// A PUT or PATCH of the item.
  case change
  /// A DELETE of the item. If `alsoHides`, the command is told to remove the item from the lists.
  case remove(alsoHides: Bool)
  /// A call below the item, which is also one of its links. These fields of the body go with the command.
  case action(HTTPRequest.Method, name: String, fields: [String] = [])
}

extension CommandKind {
  var routes: [CommandRoute] {
    switch self {
    case .reserve, .listTrade, .registerStock: [.create]
    case .changeReserve, .changeTrade, .adjustStock: [.change]
    case .cancelReserve: [.action(.put, name: "reservecancel"), .remove(alsoHides: true)]
    case .withdrawTrade: [.remove(alsoHides: true)]
    // A withdrawn stock is deleted anyway.
    case .withdrawStock: [.remove(alsoHides: false)]
    case .handover: [.action(.post, name: "handover", fields: ["reserveid", "code"])]
    case .cancelDeal: [.action(.post, name: "cancel", fields: ["reserveid", "reason"])]
    case .confirmReceipt: [.action(.post, name: "receipt")]
    }
  }

  /// Whether it is made in the name of the user in its `userid`.
  var isSigned: Bool {
    switch self {
    case .reserve, .listTrade: true
    case .changeReserve, .cancelReserve, .changeTrade, .handover, .withdrawTrade, .cancelDeal,
      .confirmReceipt,
      .registerStock, .adjustStock,
      .withdrawStock:
      false
    }
  }

  /// The final status that a PUT or PATCH can ask for, which this command leads to.
  var askedForBy: Status? {
    switch self {
    case .cancelReserve: .canceled
    case .handover: .completed
    case .withdrawTrade: .saleEnded
    case .withdrawStock: .stockWithdrawn
    case .reserve, .changeReserve, .listTrade, .changeTrade, .registerStock, .adjustStock, .cancelDeal,
      .confirmReceipt:
      nil
    }
  }
}
