/// A seller's offer of a number of units of one product: a *trade*.
///
/// Deals run in it side by side while `held + sold ≤ qty`.
public struct Listing: Hashable, Sendable {
  public var id: Int
  public var productid: Int
  /// The seller.
  public var userid: String
  public var productname: String
  public var qty: Int
  /// In won.
  public var price: Int
  /// Units of the deals that run.
  public var held: Int
  /// Units handed over.
  public var sold: Int
  public var withdrawn: Bool
  /// Whether it is removed from the lists.
  public var isDeleted: Bool
  /// Counts the changes of name, quantity and price.
  public var version: Int
  /// What its deals ask for besides the seller's handover.
  public var confirm: Confirmation
  /// When its seller is reminded of it next.
  public var remindAt: Moment?
  /// When it was closed; nil while it is open, and if an older release closed it.
  public var endedAt: Moment?
  /// Whether another one has followed; told only when it is archived.
  public var isFormer = false

  public init(
    id: Int, productid: Int, userid: String, productname: String, qty: Int, price: Int, held: Int = 0,
    sold: Int = 0, withdrawn: Bool = false, isDeleted: Bool = false, version: Int = 1,
    confirm: Confirmation = .none, remindAt: Moment? = nil
  ) {
    self.id = id
    self.productid = productid
    self.userid = userid
    self.productname = productname
    self.qty = qty
    self.price = price
    self.held = held
    self.sold = sold
    self.withdrawn = withdrawn
    self.isDeleted = isDeleted
    self.version = version
    self.confirm = confirm
    self.remindAt = remindAt
  }

  public var free: Int { qty - held - sold }

  public var status: Status {
    if withdrawn { return .saleEnded }
    if sold == qty { return .completed }
    return held > 0 ? .running : .onSale
  }

  /// Why nothing can be had of it any more; nil while it is open.
  public var closed: Refusal? {
    if withdrawn { return .withdrawn }
    return sold == qty ? .soldOut : nil
  }
}

extension Listing {
  init(_ command: ListTrade) {
    self.init(
      id: command.id, productid: command.productid, userid: command.userid, productname: command.productname,
      qty: command.qty, price: command.price, confirm: command.confirm)
  }
}

extension Listing {
  /// The trade as it is shown and stored.
  public var fields: Fields {
    var fields = Fields()
    write(to: &fields)
    return fields
  }

  public init(fields: Fields) throws(FieldError) {
    try self.init(
      id: fields.read(.id), productid: fields.read(.productid), userid: fields.read(.userid),
      productname: fields.read(.productname), qty: fields.read(.qty), price: fields.read(.price),
      held: fields.find(.units("held")) ?? 0, sold: fields.find(.units("sold")) ?? 0,
      withdrawn: fields.read(.code("status")) == Status.saleEnded,
      isDeleted: fields.find(.flag("deleted")) ?? false, version: fields.find(.version) ?? 1,
      confirm: fields.findConfirmation(), remindAt: fields.find(.moment("remindAt")))
    endedAt = try fields.find(.moment("endedAt"))
    isFormer = try fields.find(.flag("former")) ?? false
  }

  func write(to fields: inout Fields) {
    fields.write("id", id)
    fields.write("productid", productid)
    fields.write("userid", userid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    fields.write("price", price)
    fields.write("status", status.rawValue)
    fields.write("held", held)
    fields.write("sold", sold)
    fields.write("deleted", isDeleted)
    fields.write(version: version)
    fields.write(confirm)
    fields.write("remindAt", remindAt?.description)
    fields.write("endedAt", endedAt?.description)
    fields.write("former", isFormer)
  }
}
