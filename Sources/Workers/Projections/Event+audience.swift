import Market

extension Event {
  /// The seller concerned, where the event itself tells.
  var seller: String? {
    if case .listing(_, let listing) = fact { return listing.userid }
    return deal?.seller
  }

  var tradeid: Int? {
    if case .listing(_, let listing) = fact { return listing.id }
    return deal?.tradeid
  }

  var productname: String {
    switch fact {
    case .listing(_, let listing): listing.productname
    case .stock(_, let level): level.productname
    default: deal?.productname ?? ""
    }
  }

  /// A refused command changes nothing that anybody else would have to know.
  var isRefusal: Bool {
    if case .rejected = fact { true } else { false }
  }
}
