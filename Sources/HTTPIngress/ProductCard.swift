import Market

/// What a person sees of a product at once: what is on sale, how much of it there is, how many wait for it, and what
/// they have of it themselves.
struct ProductCard: Sendable {
  /// A reservation of the caller's that waits, runs or was handed over.
  struct Own: Equatable, Sendable {
    let reserveid: Int
    let status: Status
    /// The place in the line, from 1, of one that waits.
    var position: Int?
  }

  let productid: Int
  /// The last listing as it is stored, unless it was removed from the lists.
  let listing: Fields?
  /// The stock as it is stored.
  let stock: Fields?
  /// How many reservations are in the line.
  let waiting: Int
  /// Nil if nobody is named.
  let yours: [Own]?

  /// Writes the card into an open object, without the members of what is not there.
  func write(on baseURL: BaseURL, to json: inout JSONWriter) {
    func text(_ name: String, _ value: String?) { if let value { json.write(name, value) } }
    func number(_ name: String, _ value: String?) {
      if let value = value.flatMap({ Int($0) }) { json.write(name, value) }
    }
    json.write("productid", productid)
    text("productname", (listing ?? stock)?["productname"])
    text("userid", listing?["userid"])
    number("price", listing?["price"])
    number("tradeid", listing?["id"])
    text("tradeStatus", listing?["status"])
    number("inventoryid", stock?["id"])
    text("stockStatus", stock?["status"])
    number("qty", stock?["qty"])
    if let qty = stock?["qty"].flatMap({ Int($0) }) {
      json.write("free", qty - (stock?["held"].flatMap { Int($0) } ?? 0))
    }
    json.write("waiting", waiting)
    if let yours {
      json.array("yours") { json in
        for own in yours {
          json.object { json in
            json.write("reserveid", own.reserveid)
            json.write("status", own.status.rawValue)
            if let position = own.position { json.write("position", position) }
          }
        }
      }
    }
    json.object("_links") { json in
      let own = baseURL.href("/products/\(productid)")
      json.link("self", own)
      json.link("product", own)
      for (resource, fields) in [(Resource.trade, listing), (.inventory, stock)] {
        if let id = fields?["id"] { json.link(resource.name, baseURL.href("/\(resource.collection)/\(id)")) }
      }
    }
  }
}
