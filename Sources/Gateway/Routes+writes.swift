import Hummingbird
import Market

extension Routes {
  /// What a write answers when it was done.
  private enum Success { case created, item, noContent }

  func addWrites(to router: Router<Context>) {
    add(
      "/reserves/:id/reservecancel", to: router,
      [
        .put: { request, context in
          try await command(.cancelReserve, id: context.id(), success: .item, request)
        }
      ])
    add(
      "/trades/:id/handover", to: router,
      [
        .post: { request, context in
          let sent = try await fields(of: request)
          let named = sent.pairs.filter { $0.name == "reserveid" }
          return try await command(.handover, id: context.id(), also: named, success: .item, request)
        }
      ])
  }

  /// Makes a new item of the body.
  func create(_ kind: CommandKind) -> Handler {
    { request, _ in
      let sent = try await fields(of: request)
      let type: Fields = ["type": kind.rawValue]
      let draft = try Draft(fields: Fields(type.pairs + sent.pairs), worker: kind.worker)
      return try await submit(draft, success: .created, request)
    }
  }

  func change(_ entity: Entity, isWhole: Bool) -> Handler {
    { request, context in
      let id = try context.id()
      let sent = try await fields(of: request)
      let present = try await reads.item(entity, id)
      let change = try Change(entity, id: id, sent: sent, present: present, isWhole: isWhole)
      if let (asked, new) = change.drafts {
        return try await submit(new, meaning: asked, success: .item, request)
      }
      // A copy of a request that was carried out has nothing left to do, and is answered like the first.
      let call = try Call(request)
      if let asked = change.asked, let earlier = try await writes.earlier(asked, call) {
        return try response(to: asked, earlier, success: .item, call)
      }
      return Response { Shape.of(entity).write(item: present, on: call.site, to: &$0) }
    }
  }

  func remove(_ kind: CommandKind) -> Handler {
    { request, context in
      let delete = kind == .cancelReserve ? [(name: "delete", value: "1")] : []
      return try await command(kind, id: context.id(), also: delete, success: .noContent, request)
    }
  }

  private func command(
    _ kind: CommandKind, id: Int, also more: [(name: String, value: String)] = [], success: Success,
    _ request: Request
  ) async throws -> Response {
    let head: Fields = ["type": kind.rawValue, "id": String(id)]
    let draft = try Draft(fields: Fields(head.pairs + more), worker: kind.worker)
    return try await submit(draft, success: success, request)
  }

  private func submit(
    _ draft: Draft, meaning: Draft? = nil, success: Success, _ request: Request
  ) async throws -> Response {
    let call = try Call(request)
    switch try await writes.submit(draft, meaning: meaning, call) {
    case .accepted(let commandid, let id): return accepted(commandid, id, call)
    case .finished(let outcome): return try response(to: draft, outcome, success: success, call)
    }
  }

  private func response(
    to draft: Draft, _ outcome: Outcome, success: Success, _ call: Call
  ) throws(Problem) -> Response {
    guard outcome.accepted else { throw Problem(refused: outcome) }
    if success == .noContent { return Response(status: .noContent) }
    let shape = Shape.of(draft.kind.entity)
    var headers = HTTPFields()
    if success == .created {
      headers[.location] = call.site.href("/\(shape.collection)/\(outcome.fields["id"] ?? "")")
    }
    return Response(success == .created ? .created : .ok, headers: headers) {
      shape.write(item: outcome.fields, on: call.site, to: &$0)
    }
  }

  private func accepted(_ commandid: String, _ id: Int, _ call: Call) -> Response {
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
