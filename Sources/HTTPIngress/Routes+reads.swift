import Hummingbird
import Market

extension Routes {
  func addReads(to router: Router<Context>) {
    add("/", to: router, [.get: { request, _ in root(BaseURL(request)) }])
    add(
      "/notices", to: router,
      [
        .get: { request, _ in
          let userid = try URLText.query(request.uri.query)["userid"].flatMap { $0.isEmpty ? nil : $0 }
          return try await page(.notices(for: userid, shards: options.shards), request)
        }
      ])
    add(
      "/notices/:id", to: router,
      [
        .get: { request, context in
          item(.notice, try await reads.notice(context.text("id")), request)
        }
      ])
    add(
      "/mypages/:userid", to: router,
      [
        .get: { request, context in try await page(.mypage(of: context.text("userid")), request) }
      ])
    add(
      "/operations/:commandid", to: router,
      [
        .get: { request, context in try await operation(context.text("commandid"), request) }
      ])
  }

  private func root(_ baseURL: BaseURL) -> Response {
    Response { json in
      json.object("_links") { json in
        for resource in [Resource.reserve, .trade, .inventory, .notice] {
          json.link(resource.collection, baseURL.href("/\(resource.collection)"))
        }
        json.object("mypages") { json in
          json.write("href", baseURL.href("/mypages/{userid}"))
          json.write("templated", true)
        }
      }
    }
  }

  func item(_ resource: Resource, _ fields: Fields, _ request: Request) -> Response {
    let baseURL = BaseURL(request)
    let headers = resource.isVersioned ? resource.headers(of: fields) : [:]
    return Response(headers: headers) { resource.write(item: fields, on: baseURL, to: &$0) }
  }

  func page(_ listing: CollectionQuery, _ request: Request) async throws -> Response {
    let wanted = try PageRequest(URLText.query(request.uri.query))
    let share = wanted.weight > PageRequest().size ? try allowance.take(wanted.weight) : nil
    let page = try await reads.page(listing, wanted)
    let baseURL = BaseURL(request)
    return Response { page.write(listing, on: baseURL, to: &$0) }.keeping(share)
  }

  private func operation(_ commandid: String, _ request: Request) async throws -> Response {
    let (baseURL, language) = (BaseURL(request), Language(accepting: request.headers[.acceptLanguage]))
    let standing = try await writes.operations.standing(of: commandid)
    guard standing != .unknown else {
      throw Problem(
        .notFound, "unknownOperation", "No operation \(commandid) is known; outcomes are kept for a day.",
        message: "알 수 없는 요청 번호입니다. 결과는 하루 동안 남아 있습니다.")
    }
    return Response { json in
      json.write("commandid", commandid)
      switch standing {
      case .finished(let outcome) where outcome.accepted:
        json.write("status", "completed")
        let resource = Resource.of(outcome)
        json.object(resource.name) { resource.write(item: outcome.fields, on: baseURL, to: &$0) }
      case .finished(let outcome):
        json.write("status", "rejected")
        json.object("problem") { Problem(refused: outcome).write(to: &$0, in: language) }
      case .running, .unknown: json.write("status", "running")
      }
      json.object("_links") { $0.link("self", baseURL.href("/operations/\(URLText.encode(commandid))")) }
    }
  }
}

extension Resource {
  /// Returns the kind of item in a command's outcome: the one its worker decides.
  fileprivate static func of(_ outcome: Outcome) -> Resource {
    let author = Event.steps.first { $0.rawValue == outcome.type }?.worker ?? .reservation
    return .of(author.entity)
  }
}
