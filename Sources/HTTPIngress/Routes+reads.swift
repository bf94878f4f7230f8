import Doors
import Hummingbird
import Keys
import Market
import MarketPage

extension Routes {
  func addReads(to router: Router<Context>) {
    add("/", to: router, [.get: Endpoint(for: .everybody) { request, _ in root(request) }])
    add(
      "/products/:id", to: router,
      [
        .get: Endpoint(for: .everybody) { request, context in
          let id = try context.id()
          let card = try await reads.card(ofProduct: id, for: try caller(of: request, context.viewer))
          let baseURL = BaseURL(request)
          return Response { card.write(on: baseURL, to: &$0) }
        }
      ])
    add("/openapi.json", to: router, [.get: .document(.openapi)])
    add("/asyncapi.json", to: router, [.get: .document(.asyncapi)])
    add("/problems/:code", to: router, [.get: .problem])
    add(
      "/notices", to: router,
      [
        .get: Endpoint(for: .users) { request, context in
          let userid = try named(in: request, context.viewer) ?? context.viewer.confined
          return try await page(.notices(for: userid, shards: options.shards), request, context)
        }
      ])
    add(
      "/notices/:id", to: router,
      [
        .get: Endpoint(for: .users) { request, context in
          let id = try context.text("id")
          if let notice = NoticeID(id) { try context.viewer.requireOwner(notice.userid) }
          return item(.notice, try await reads.notice(id), request)
        }
      ])
    add(
      "/mypages/:userid", to: router,
      [
        .get: Endpoint(for: .users) { request, context in
          let userid = try context.text("userid")
          try context.viewer.requireOwner(userid)
          return try await page(.mypage(of: userid), request, context)
        }
      ])
    add(
      "/operations/:commandid", to: router,
      [
        .get: Endpoint(for: .users) { request, context in
          try await operation(context.text("commandid"), request, context.viewer)
        }
      ])
  }

  /// The market page for browsers, and what there is for programs.
  private func root(_ request: Request) -> Response {
    let page = request.prefersHTML ? MarketPage.files.response(for: "market.html", to: request) : nil
    var response = page ?? entryPoint(BaseURL(request))
    response.headers.vary(on: "Accept")
    return response
  }

  private func entryPoint(_ baseURL: BaseURL) -> Response {
    Response { json in
      json.write("authentication", options.requiresIdentity ? "required" : "off")
      if let identity = options.identity { json.write("userclaim", identity.userClaim) }
      if let restoredTo = options.restoredTo { json.write("restoredTo", "\(restoredTo)") }
      json.object("_links") { json in
        for resource in [Resource.reserve, .trade, .inventory, .notice] {
          json.link(resource.collection, baseURL.href("/\(resource.collection)"))
        }
        json.link("describedby", baseURL.href("/openapi.json"))
        let templates = [
          ("mypages", "/mypages/{userid}"), ("noticestream", "/notices/stream{?userid}"),
          ("products", "/products/{id}"),
        ]
        for (relation, template) in templates {
          json.object(relation) { json in
            json.write("href", baseURL.href(template))
            json.write("templated", true)
          }
        }
      }
    }
  }

  /// Returns the user that a call names in its query; nil if it names none. Throws a 403 if the viewer may not see what
  /// is that user's, or a 401.
  func named(in request: Request, _ viewer: Viewer) throws -> String? {
    let userid = try URLText.query(request.uri.query)["userid"]
    guard let userid, !userid.isEmpty else { return nil }
    if viewer == .nobody { throw Problem.unauthenticated }
    try viewer.requireOwner(userid)
    return userid
  }

  /// Returns the user whose own things a call shows besides: the one it names, or else who calls; nil for nobody.
  private func caller(of request: Request, _ viewer: Viewer) throws -> String? {
    try named(in: request, viewer) ?? viewer.actor?.userid
  }

  /// - Parameter place: the place in the line of a reservation that waits.
  func item(_ resource: Resource, _ fields: Fields, place: Int? = nil, _ request: Request) -> Response {
    let baseURL = BaseURL(request)
    let fields = resource.worded(fields, in: Language(accepting: request.headers[.acceptLanguage]))
    let headers = resource.isVersioned ? resource.headers(of: fields) : [:]
    return Response(headers: headers) { json in
      if let place { json.write("position", place) }
      resource.write(item: fields, on: baseURL, to: &json)
    }
  }

  func page(
    _ listing: CollectionQuery, _ request: Request, _ context: Context
  ) async throws -> Response {
    let wanted = try PageRequest(URLText.query(request.uri.query))
    let weight = listing.weight(of: wanted)
    let share = weight > PageRequest().size ? try allowance.take(weight) : nil
    var page = try await reads.page(listing, wanted)
    let language = Language(accepting: request.headers[.acceptLanguage])
    page.rows = page.rows.map {
      listing.resource.worded(context.viewer.shown($0, listing.resource), in: language)
    }
    let baseURL = BaseURL(request)
    return Response { page.write(listing, on: baseURL, to: &$0) }.keeping(share)
  }

  private func operation(
    _ commandid: String, _ request: Request, _ viewer: Viewer
  ) async throws -> Response {
    let (baseURL, language) = (BaseURL(request), Language(accepting: request.headers[.acceptLanguage]))
    // Whether a command of somebody else exists is nobody's business either.
    let isOwn = viewer.isTrusted || viewer.actor.map { CommandName.isOwn(commandid, of: $0) } ?? false
    let standing = isOwn ? try await writes.operations.standing(of: commandid) : .unknown
    guard standing != .unknown else {
      throw Problem(unknownOperation: commandid, restoredTo: options.restoredTo)
    }
    var item: (resource: Resource, fields: Fields)?
    if case .finished(let outcome) = standing, outcome.accepted {
      let entity = outcome.entity
      item = (.of(entity), try await self.item(of: outcome, entity))
    }
    return Response { json in
      json.write("commandid", commandid)
      switch standing {
      case .finished(let outcome) where outcome.accepted:
        json.write("status", "completed")
        if let item {
          json.object(item.resource.name) { item.resource.write(item: item.fields, on: baseURL, to: &$0) }
        }
      case .finished(let outcome):
        json.write("status", "rejected")
        json.object("problem") { Problem(refused: outcome).write(to: &$0, in: language) }
      case .running, .unknown: json.write("status", "running")
      }
      json.object("_links") { $0.link("self", baseURL.href("/operations/\(URLText.encode(commandid))")) }
    }
  }
}

extension Outcome {
  /// The kind of its item: the one its worker decides.
  fileprivate var entity: Entity {
    let decided = (Event.steps.first { $0.rawValue == type }?.worker ?? .reservation).entity
    // What the trade tells of a reservation, whose receipt it decides, has no price; a listing has one.
    return decided == .trade && fields["price"] == nil ? .reserve : decided
  }
}
