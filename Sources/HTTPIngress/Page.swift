import Market

/// One page of a collection, as it was read.
struct Page: Sendable {
  let request: PageRequest
  var rows: [Fields]
  /// How many items the whole collection has.
  let total: Int

  /// Writes the page in the envelope of Spring Data REST.
  func write(_ listing: CollectionQuery, on baseURL: BaseURL, to json: inout JSONWriter) {
    let pages = (total + request.size - 1) / request.size
    json.object("_embedded") { json in
      json.array(listing.resource.collection) { json in
        for row in rows { json.object { listing.resource.write(item: row, on: baseURL, to: &$0) } }
      }
    }
    json.object("_links") { json in
      func link(_ relation: String, _ number: Int) {
        let sort = request.sort.map {
          "&sort=\(URLText.encode($0.field)),\($0.isDescending ? "desc" : "asc")"
        }
        let query = "?page=\(number)&size=\(request.size)\(sort ?? "")\(listing.query)"
        json.link(relation, baseURL.href(listing.path + query))
      }
      link("self", request.number)
      link("first", 0)
      if request.number > 0 { link("prev", request.number - 1) }
      if request.number + 1 < pages { link("next", request.number + 1) }
      link("last", max(pages - 1, 0))
    }
    json.object("page") { json in
      json.write("size", request.size)
      json.write("totalElements", total)
      json.write("totalPages", pages)
      json.write("number", request.number)
    }
  }
}
