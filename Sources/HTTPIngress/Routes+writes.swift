import Hummingbird
import Market
import Redis

extension Routes {
  /// The response to a successful write.
  private enum Success { case created, item, noContent }

  /// Adds the reads of the items of a kind, and every command to them.
  func addItems(_ entity: Entity, to router: Router<Context>) {
    let resource = Resource.of(entity)
    // What is on sale is for everybody, reservations are for their parties.
    let readers: Endpoint.Access =
      switch entity {
      case .reserve: .users
      case .trade, .inventory: .everybody
      }
    var collection: [HTTPRequest.Method: Endpoint] = [
      .get: Endpoint(for: readers) { request, context in
        try await page(all(entity, for: context.viewer), request, context)
      }
    ]
    var one: [HTTPRequest.Method: Endpoint] = [
      .get: Endpoint(for: readers) { request, context in
        let found = try await reads.item(entity, context.id())
        var place: Int?
        if entity == .reserve {
          try context.viewer.requireParty(of: found)
          place = try await reads.place(ofReserve: found)
        }
        return item(resource, context.viewer.shown(found, resource), place: place, request)
      }
    ]
    for kind in CommandKind.allCases where kind.entity == entity {
      for route in kind.routes {
        switch route {
        case .create: collection[.post] = create(kind)
        case .change: (one[.put], one[.patch]) = (change(entity), change(entity))
        case .remove(let alsoHides): one[.delete] = remove(kind, alsoHides: alsoHides)
        case .action(let method, let name, let fields):
          add(
            RouterPath("/\(resource.collection)/:id/\(name)"), to: router,
            [method: act(kind, with: fields).knowing(archive: entity, reads)])
        }
      }
    }
    if entity == .reserve { addCode(to: router) }
    add(RouterPath("/\(resource.collection)"), to: router, collection)
    add(
      RouterPath("/\(resource.collection)/:id"), to: router,
      one.mapValues { $0.knowing(archive: entity, reads) })
  }

  /// Returns the items of a kind that a viewer may list.
  private func all(_ entity: Entity, for viewer: Viewer) -> CollectionQuery {
    if entity == .reserve, let userid = viewer.confined { return .reserves(with: userid) }
    return .all(entity, shards: options.shards)
  }

  /// Returns the call that creates an item from the body.
  private func create(_ kind: CommandKind) -> Endpoint {
    Endpoint(for: .users) { request, context in
      let call = try WriteCall(request, context)
      var sent = try await fields(of: request)
      if kind.isSigned { sent = try call.viewer.signed(sent) }
      let buyer = kind == .reserve ? call.viewer.confined : nil
      if buyer != nil, options.limitsLine { sent = Fields([("once", "1")] + sent.pairs) }
      let type: Fields = ["type": kind.rawValue]
      let draft = try Draft(fields: Fields(type.pairs + sent.pairs), worker: kind.worker)
      guard let buyer, let limit = options.waitingLimit else {
        return try await submit(draft, success: .created, call)
      }
      do {
        return try await submit(draft, ceiling: limit, success: .created, call)
      } catch is Writes.Crowded {
        try await checkWaiting(of: buyer, limit)
        return try await submit(draft, success: .created, call)
      }
    }
  }

  /// Throws a 409 if so many reservations of a user wait that no more may.
  ///
  /// My page says how many do. It follows the deals, so calls at the same time can go a little over the limit.
  private func checkWaiting(of userid: String, _ limit: Int) async throws {
    guard try await reads.waiting(of: userid) >= limit else { return }
    throw Problem(
      .tooManyWaiting,
      "\(limit) of your reservations wait already. Cancel one, or wait until one has its turn.",
      message: "이미 \(limit)건의 예약이 기다리고 있습니다. 하나를 취소하거나 순서를 기다려 주세요.")
  }

  private func change(_ entity: Entity) -> Endpoint {
    Endpoint(for: .users) { request, context in
      let id = try context.id()
      let call = try WriteCall(request, context)
      let sent = try await fields(of: request)
      let present = try await reads.item(entity, id)
      // The worker judges this again; here it keeps what somebody else's item holds from being told.
      try call.viewer.requireOwner(present[entity.ownerField], entity.refusal)
      let change = try ItemChange(entity, id: id, sent: sent, present: present, ifMatch: call.ifMatch)
      if let command = change.command {
        return try await submit(command, asked: change.asked, sent: sent, success: .item, call)
      }
      // A copy of a request that was already carried out changes nothing, and gets the answer of the first.
      if let earlier = try await writes.earlier(change.asked, call) {
        return try await replaying {
          try await response(to: change.asked, earlier, sent: sent, success: .item, call)
        }
      }
      let resource = Resource.of(entity)
      return Response(headers: resource.headers(of: present)) {
        resource.write(item: present, on: call.baseURL, to: &$0)
      }
    }
  }

  private func remove(_ kind: CommandKind, alsoHides: Bool) -> Endpoint {
    let delete = alsoHides ? [(name: "delete", value: "1")] : []
    return Endpoint(for: .users) { request, context in
      let call = try WriteCall(request, context)
      return try await command(kind, id: context.id(), also: delete, success: .noContent, call)
    }
  }

  /// Returns the call below an item that passes the named fields of its body on.
  private func act(_ kind: CommandKind, with names: [String]) -> Endpoint {
    Endpoint(for: .users) { request, context in
      let call = try WriteCall(request, context)
      let sent = names.isEmpty ? [:] : try await fields(of: request, only: names)
      return try await command(kind, id: context.id(), also: sent.pairs, success: .item, call)
    }
  }

  private func command(
    _ kind: CommandKind, id: Int, also more: [(name: String, value: String)] = [], success: Success,
    _ call: WriteCall
  ) async throws -> Response {
    let head: Fields = ["type": kind.rawValue, "id": String(id)]
    let seen = try await seen(by: kind, id, call)
    let draft = try Draft(fields: Fields(head.pairs + more + seen.pairs), worker: kind.worker)
    return try await submit(draft, success: success, call)
  }

  /// Returns what a call without a body has seen, according to its `If-Match`.
  private func seen(by kind: CommandKind, _ id: Int, _ call: WriteCall) async throws -> Fields {
    guard let ifMatch = call.ifMatch else { return [:] }
    let resource = Resource.of(kind.entity)
    // The worker refuses a missing item, unless this is a copy of the call that deleted it.
    let present = (try? await reads.item(kind.entity, id)) ?? [:]
    let seen = resource.seen(ifMatch: ifMatch, present: present)
    if kind.worker.entity == kind.entity { return seen }
    // Its worker does not know the versions of these items. What has changed is nothing that the command is about.
    guard resource.isTrue(seen, of: present) else {
      var problem = Problem.stale(present, sent: nil)
      problem.status = .preconditionFailed
      throw problem
    }
    return [:]
  }

  private func submit(
    _ draft: Draft, asked: Draft? = nil, ceiling: Int? = nil, sent: Fields? = nil, success: Success,
    _ call: WriteCall
  ) async throws -> Response {
    switch try await writes.submit(draft, asked: asked, ceiling: ceiling, call) {
    case .accepted(let commandid, let id): return accepted(commandid, id, call)
    case .finished(let outcome, let commandid, let isReplayed):
      do {
        func answer() async throws -> Response {
          try await response(to: draft, outcome, sent: sent, success: success, call)
        }
        return isReplayed ? try await replaying(answer) : try await answer()
      } catch let error as RedisError where error.canRetry {
        // It is done, but what is stored of it cannot be read now: it can be asked for.
        return accepted(commandid, outcome.fields["id"].flatMap { Int($0) } ?? 0, call)
      }
    }
  }

  /// Marks an answer that comes from the record of an earlier copy of the request.
  private func replaying(_ answer: () async throws -> Response) async throws -> Response {
    do {
      var response = try await answer()
      response.headers[header: .idempotencyReplayed] = "true"
      return response
    } catch var problem as Problem {
      problem.headers[header: .idempotencyReplayed] = "true"
      throw problem
    }
  }

  private func response(
    to draft: Draft, _ outcome: Outcome, sent: Fields?, success: Success, _ call: WriteCall
  ) async throws -> Response {
    guard outcome.accepted else {
      var refused = outcome
      if outcome.isStale, let now = try? await item(of: outcome, draft.kind.entity) { refused.fields = now }
      throw Problem(refused: refused, sent: sent, ifMatch: call.ifMatch)
    }
    if success == .noContent { return Response(status: .noContent) }
    let resource = Resource.of(draft.kind.entity)
    let item = try await item(of: outcome, draft.kind.entity, address: draft.fields["address"])
    var headers = resource.headers(of: item)
    if success == .created {
      headers[.location] = call.baseURL.href("/\(resource.collection)/\(outcome.fields["id"] ?? "")")
    }
    return Response(success == .created ? .created : .ok, headers: headers) {
      resource.write(item: item, on: call.baseURL, to: &$0)
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

extension Routes {
  /// Returns the item of an outcome. A reservation's address is not part of outcomes: it is the one that was sent, or
  /// else the one that is stored. So are the terms, if it was the trade that decided.
  func item(of outcome: Outcome, _ entity: Entity, address: String? = nil) async throws -> Fields {
    guard entity == .reserve, let id = outcome.fields["id"].flatMap({ Int($0) }) else {
      return outcome.fields
    }
    var fields = outcome.fields
    if let address {
      fields.append("address", address)
      return fields
    }
    let stored = try await reads.reservation(id)
    for name in ["reserveDt", "address", "price", "version"] where fields[name] == nil {
      if let value = stored[name] { fields.append(name, value) }
    }
    return fields
  }
}

extension Endpoint {
  /// Returns the same for an item that can have left: where the answer is that there is none, it says where its record is.
  func knowing(archive entity: Entity, _ reads: Reads) -> Endpoint {
    wrapped { handler in
      { request, context in
        do {
          return try await handler(request, context)
        } catch let problem as Problem where problem.code == .refusal(.notFound) {
          let id = try context.id()
          guard let place = try await reads.archived(entity, id) else { throw problem }
          throw Problem(archived: entity, id, in: place)
        }
      }
    }
  }
}

extension Entity {
  /// The field with the user who alone may change such an item.
  fileprivate var ownerField: String {
    switch self {
    case .reserve, .trade: "userid"
    case .inventory: "seller"
    }
  }

  /// Why others may not.
  fileprivate var refusal: Refusal {
    switch self {
    case .reserve, .trade: .notYours
    case .inventory: .notSeller
    }
  }
}
