import Market

/// The seller of a product, and what the listing calls it.
public struct SellerOfProduct: Hashable, Sendable {
  public var userid: String
  /// Nil if an older release wrote it.
  public var productname: String?

  public init(_ listing: Listing) {
    userid = listing.userid
    productname = listing.productname
  }

  public init(_ userid: String, productname: String? = nil) {
    self.userid = userid
    self.productname = productname
  }

  /// Reads what is stored; a text without fields is a user's id.
  public init(packed: String) {
    let fields = Fields(packed: packed)
    self.init(fields?["userid"] ?? packed, productname: fields?["productname"])
  }

  public var packed: String {
    var fields: Fields = ["userid": userid]
    if let productname { fields.append("productname", productname) }
    return fields.packed
  }
}
