import Hummingbird
import Market

extension Routes {
  /// The response to a successful write.
  private enum Success { case created, item, noContent }

  /// Adds the reads of the items of a kind, and every command to them.
  func addItems(_ entity: Entity, to router: Router<Context>) {
    let resource = Resource.of(entity)
    var collection: [HTTPRequest.Method: Handler] = [
      .get: { request, _ in try await page(.all(entity, shards: options.shards), request) }
    ]
    var one: [HTTPRequest.Method: Handler] = [
      .get: { request, context in item(resource, try await reads.item(entity, context.id()), request) }
    ]
    for kind in CommandKind.allCases where kind.entity == entity {
      for route in kind.routes {
        switch route {
        case .create: collection[.post] = create(kind)
        case .change: (one[.put], one[.patch]) = (change(entity), change(entity))
        case .remove(let alsoHides): one[.delete] = remove(kind, alsoHides: alsoHides)
        case .action(let method, let name, let fields):
          add(
            RouterPath("/\(resource.collection)/:id/\(name)"), to: router, [method: act(kind, with: fields)])
        }
      }
    }
    add(RouterPath("/\(resource.collection)"), to: router, collection)
    add(RouterPath("/\(resource.collection)/:id"), to: router, one)
  }

  /// Returns the handler that creates an item from the body.
  private func create(_ kind: CommandKind) -> Handler {
    { request, _ in
      let sent = try await fields(of: request)
      let type: Fields = ["type": kind.rawValue]
      let draft = try Draft(fields: Fields(type.pairs + sent.pairs), worker: kind.worker)
      return try await submit(draft, success: .created, request)
    }
  }

  private func change(_ entity: Entity) -> Handler {
    { request, context in
      let id = try context.id()
      let sent = try await fields(of: request)
      let present = try await reads.item(entity, id)
      let call = try WriteCall(request)
      let change = try ItemChange(entity, id: id, sent: sent, present: present, ifMatch: call.ifMatch)
      if let command = change.command {
        return try await submit(command, asked: change.asked, sent: sent, success: .item, request)
      }
      // A copy of a request that was already carried out changes nothing, and gets the answer of the first.
      if let earlier = try await writes.earlier(change.asked, call) {
        return try response(to: change.asked, earlier, sent: sent, success: .item, call)
      }
      let resource = Resource.of(entity)
      return Response(headers: resource.headers(of: present)) {
        resource.write(item: present, on: call.baseURL, to: &$0)
      }
    }
  }

  private func remove(_ kind: CommandKind, alsoHides: Bool) -> Handler {
    { request, context in
      let delete = alsoHides ? [(name: "delete", value: "1")] : []
      return try await command(kind, id: context.id(), also: delete, success: .noContent, request)
    }
  }

  /// Returns the handler of a call below an item, which passes the named fields of its body on.
  private func act(_ kind: CommandKind, with names: [String]) -> Handler {
    { request, context in
      let sent = names.isEmpty ? [:] : try await fields(of: request)
      let named = sent.pairs.filter { names.contains($0.name) }
      return try await command(kind, id: context.id(), also: named, success: .item, request)
    }
  }

  private func command(
    _ kind: CommandKind, id: Int, also more: [(name: String, value: String)] = [], success: Success,
    _ request: Request
  ) async throws -> Response {
    let head: Fields = ["type": kind.rawValue, "id": String(id)]
    let seen = try await seen(kind.entity, id, request)
    let draft = try Draft(fields: Fields(head.pairs + more + seen.pairs), worker: kind.worker)
    return try await submit(draft, success: success, request)
  }

  /// Returns what a call without a body has seen, according to its `If-Match`.
  private func seen(_ entity: Entity, _ id: Int, _ request: Request) async throws -> Fields {
    guard let ifMatch = try WriteCall(request).ifMatch else { return [:] }
    // The worker refuses a missing item, unless this is a copy of the call that deleted it.
    let present = (try? await reads.item(entity, id)) ?? [:]
    return Resource.of(entity).seen(ifMatch: ifMatch, present: present)
  }

  private func submit(
    _ draft: Draft, asked: Draft? = nil, sent: Fields? = nil, success: Success, _ request: Request
  ) async throws -> Response {
    let call = try WriteCall(request)
    switch try await writes.submit(draft, asked: asked, call) {
    case .accepted(let commandid, let id): return accepted(commandid, id, call)
    case .finished(let outcome): return try response(to: draft, outcome, sent: sent, success: success, call)
    }
  }

  private func response(
    to draft: Draft, _ outcome: Outcome, sent: Fields?, success: Success, _ call: WriteCall
  ) throws(Problem) -> Response {
    guard outcome.accepted else {
      throw Problem(refused: outcome, sent: sent, ifMatch: call.ifMatch)
    }
    if success == .noContent { return Response(status: .noContent) }
    let resource = Resource.of(draft.kind.entity)
    var headers = resource.headers(of: outcome.fields)
    if success == .created {
      headers[.location] = call.baseURL.href("/\(resource.collection)/\(outcome.fields["id"] ?? "")")
    }
    return Response(success == .created ? .created : .ok, headers: headers) {
      resource.write(item: outcome.fields, on: call.baseURL, to: &$0)
    }
  }

  private func accepted(_ commandid: String, _ id: Int, _ call: WriteCall) -> Response {
    var headers = HTTPFields()
    headers[.location] = "/operations/\(URLText.encode(commandid))"
    headers[header: .preferenceApplied] = call.preference.applied
    return Response(.accepted, headers: headers) { json in
      json.write("commandid", commandid)
      json.write("status", "accepted")
      json.write("id", id)
    }
  }
}
