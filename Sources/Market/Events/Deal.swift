/// One reservation's deal: who buys what of whom.
public struct Deal: Hashable, Sendable {
  public var reserveid: Int
  public var productid: Int
  /// The buyer.
  public var userid: String
  public var productname: String
  public var qty: Int
  /// Nil in what trade and stock say.
  public var terms: Terms?
  /// The listing and its seller, known once there is one.
  public var tradeid: Int?
  public var seller: String?
  /// Why it waits, was rejected, or cannot be canceled any more.
  public var refusal: Refusal?
  /// Why the seller called it off.
  public var cause: CancelReason?
  /// The units that a deal still held when it ended, which stock has to release: none or all of them.
  public var held: Int
  /// Whether the reservation is removed from the lists once it has ended.
  public var delete: Bool
  /// Whether it may not wait beside another reservation of the buyer for the product; said once, when it is made.
  public var once: Bool
  /// What the listing asked for when the deal started.
  public var confirm = Confirmation.none
  /// The listing's price when the deal started, in won, if the reservation named none; told once.
  public var price: Int?
  /// Its times, in what the trade tells of a deal under way.
  public var course = Course()

  public init(
    reserveid: Int, productid: Int, userid: String, productname: String, qty: Int,
    terms: Terms? = nil, tradeid: Int? = nil, seller: String? = nil, refusal: Refusal? = nil, held: Int = 0,
    delete: Bool = false, once: Bool = false
  ) {
    self.reserveid = reserveid
    self.productid = productid
    self.userid = userid
    self.productname = productname
    self.qty = qty
    self.terms = terms
    self.tradeid = tradeid
    self.seller = seller
    self.refusal = refusal
    self.held = held
    self.delete = delete
    self.once = once
  }

  init(_ command: Reserve) {
    self.init(
      reserveid: command.id, productid: command.productid, userid: command.userid,
      productname: command.productname, qty: command.qty,
      terms: Terms(price: command.price, reserveDt: command.reserveDt, address: command.address),
      once: command.once)
  }

  /// The deal as trade and stock know it.
  public var withoutTerms: Deal {
    var deal = self
    deal.terms = nil
    deal.once = false
    return deal
  }

  /// The deal without the place where it happens, which few need to know.
  public var withoutAddress: Deal {
    var deal = self
    deal.terms?.address = ""
    return deal
  }

  /// The deal without what holds only while it is under way.
  public var atRest: Deal {
    var deal = withoutTerms
    deal.course = Course()
    deal.price = nil
    return deal
  }
}

extension Deal {
  /// Reads a deal as a worker tells it.
  ///
  /// To the reservation worker the reservation's id is the `id`, and the terms belong to it.
  init(fields: Fields, of worker: DecidingWorker = .trade) throws(FieldError) {
    try self.init(
      reserveid: fields.read(.key(Self.idName(for: worker))), productid: fields.read(.productid),
      userid: fields.read(.userid),
      productname: fields.read(.productname), qty: fields.read(.qty),
      terms: worker == .reservation ? Terms(fields: fields) : nil, tradeid: fields.find(.tradeid),
      seller: fields.find(.seller), held: fields.find(.units("held")) ?? 0,
      delete: fields.find(.flag("delete")) ?? false, once: fields.find(.flag("once")) ?? false)
    cause = fields["reason"].flatMap(CancelReason.init)
    if cause == nil { refusal = try fields.find(.code("reason")) }
    confirm = try fields.findConfirmation()
    if worker != .reservation {
      price = try fields.find(.price)
      course = try Course(fields: fields)
    }
  }

  func write(to fields: inout Fields, of worker: DecidingWorker = .trade) {
    fields.write(Self.idName(for: worker), reserveid)
    fields.write("productid", productid)
    fields.write("userid", userid)
    fields.write("productname", productname)
    fields.write("qty", qty)
    if worker == .reservation { terms?.write(to: &fields) } else { fields.write("price", price) }
    fields.write("tradeid", tradeid)
    fields.write("seller", seller)
    fields.write("reason", refusal?.rawValue ?? cause?.rawValue)
    fields.write("message", refusal?.message ?? cause?.message)
    fields.write("held", held == 0 ? nil : held)
    fields.write("delete", delete)
    fields.write("once", once)
    fields.write(confirm)
    if worker != .reservation { course.write(to: &fields) }
  }

  private static func idName(for worker: DecidingWorker) -> String {
    worker == .reservation ? "id" : "reserveid"
  }
}
