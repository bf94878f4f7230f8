/// A command that was refused: no error, but an answer.
public struct Rejection: Hashable, Sendable {
  public var kind: CommandKind
  public var id: Int
  public var productid: Int
  public var refusal: Refusal
  /// The user whom it concerns, if known.
  public var userid: String?
  /// The status that the reservation shows again after a refused cancel.
  public var status: Status?
  /// From when on it can be tried again.
  public var retryAt: Moment?

  public init(
    kind: CommandKind, id: Int, productid: Int, refusal: Refusal, userid: String? = nil,
    status: Status? = nil,
    retryAt: Moment? = nil
  ) {
    self.kind = kind
    self.id = id
    self.productid = productid
    self.refusal = refusal
    self.userid = userid
    self.status = status
    self.retryAt = retryAt
  }
}

extension Rejection {
  init(fields: Fields) throws(FieldError) {
    try self.init(
      kind: fields.read(.code("command")), id: fields.read(.id), productid: fields.read(.productid),
      refusal: fields.read(.code("reason")), userid: fields.find(.userid),
      status: fields.find(.code("status")), retryAt: fields.find(.moment("retryAt")))
  }

  func write(to fields: inout Fields) {
    fields.write("command", kind.rawValue)
    fields.write("id", id)
    fields.write("productid", productid)
    fields.write("userid", userid)
    fields.write("reason", refusal.rawValue)
    fields.write("message", refusal.message)
    fields.write("status", status?.rawValue)
    fields.write("retryAt", retryAt?.description)
  }
}
