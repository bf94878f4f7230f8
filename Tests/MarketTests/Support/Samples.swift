@testable import Market

/// The watch that everybody wants: product 100, trade 1, inventory 1.
let product = 100

func deal(_ id: Int, qty: Int = 1) -> Deal {
  Deal(
    reserveid: id, productid: product, userid: "buyer\(id)", productname: "애플워치", qty: qty,
    terms: Terms(price: 50_000, reserveDt: "2024-04-04", address: "서울특별시 서초구 방배동"))
}

func level(_ qty: Int, held: Int = 0, version: Int = 1) -> StockLevel {
  StockLevel(id: 1, productid: product, productname: "애플워치", qty: qty, held: held, version: version)
}

extension Command {
  static func reserve(
    _ id: Int, qty: Int = 1, productid: Int = product, by userid: String? = nil, once: Bool = false,
    at reserveDt: String = "2024-04-04", price: Int? = 50_000
  ) -> Command {
    .reservation(
      .reserve(
        Reserve(
          id: id, productid: productid, userid: userid ?? "buyer\(id)", productname: "애플워치", qty: qty,
          reserveDt: reserveDt, address: "서울특별시 서초구 방배동", price: price, once: once)))
  }

  static func cancel(
    _ id: Int, delete: Bool = false, seen: Seen = Seen(), productid: Int = product
  ) -> Command {
    .reservation(.cancelReserve(CancelReserve(id: id, productid: productid, delete: delete, seen: seen)))
  }

  static func move(
    _ id: Int, to reserveDt: String? = nil, address: String? = nil, seen: Seen = Seen(),
    productid: Int = product
  ) -> Command {
    .reservation(
      .changeReserve(
        ChangeReserve(id: id, productid: productid, reserveDt: reserveDt, address: address, seen: seen)))
  }

  static func list(
    _ id: Int = 1, qty: Int = 1, productid: Int = product, confirm: Market.Confirmation = .none
  ) -> Command {
    .trade(
      .listTrade(
        ListTrade(
          id: id, productid: productid, userid: "seller", productname: "애플워치", qty: qty, price: 50_000,
          confirm: confirm)))
  }

  static func handOver(
    _ id: Int = 1, reserve: Int? = nil, seen: Seen = Seen(), productid: Int = product, code: String? = nil
  ) -> Command {
    .trade(.handover(Handover(id: id, productid: productid, reserveid: reserve, code: code, seen: seen)))
  }

  static func callOff(
    _ id: Int = 1, reserve: Int, _ reason: CancelReason = .noShow, seen: Seen = Seen(),
    productid: Int = product
  ) -> Command {
    .trade(
      .cancelDeal(CancelDeal(id: id, productid: productid, reserveid: reserve, reason: reason, seen: seen)))
  }

  /// - Parameter id: the reservation's.
  static func received(_ id: Int, productid: Int = product) -> Command {
    .trade(.confirmReceipt(ConfirmReceipt(id: id, productid: productid)))
  }

  static func relist(
    _ id: Int = 1, qty: Int? = nil, price: Int? = nil, seen: Seen = Seen(), productid: Int = product
  ) -> Command {
    .trade(
      .changeTrade(
        ChangeTrade(id: id, productid: productid, productname: nil, qty: qty, price: price, seen: seen)))
  }

  static func withdraw(
    _ id: Int = 1, delete: Bool = false, seen: Seen = Seen(), productid: Int = product
  ) -> Command {
    .trade(.withdrawTrade(WithdrawTrade(id: id, productid: productid, delete: delete, seen: seen)))
  }

  static func register(_ id: Int = 1, qty: Int = 1, productid: Int = product) -> Command {
    .stock(.registerStock(RegisterStock(id: id, productid: productid, productname: "애플워치", qty: qty)))
  }

  static func adjust(_ id: Int = 1, qty: Int, seen: Seen = Seen(), productid: Int = product) -> Command {
    .stock(.adjustStock(AdjustStock(id: id, productid: productid, qty: qty, productname: nil, seen: seen)))
  }

  static func withdrawStock(_ id: Int = 1, seen: Seen = Seen(), productid: Int = product) -> Command {
    .stock(.withdrawStock(WithdrawStock(id: id, productid: productid, seen: seen)))
  }
}
