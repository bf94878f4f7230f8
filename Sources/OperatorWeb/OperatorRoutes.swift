import Foundation
import HTTPIngress
import Health
import Hummingbird
import Market
import Operations
import Redis

/// What the page calls. All paths are relative to wherever the page is.
struct OperatorRoutes: Sendable {
  let options: OperatorWebOptions
  let store: Store
  let audit: AuditJob
  let tails = OpenTails()

  init(_ options: OperatorWebOptions) {
    self.options = options
    store = Store(options.redis)
    audit = AuditJob(store)
  }

  func router(_ health: Health, _ limits: ServerLimits) throws -> Router<OperatorContext> {
    let router = Router(context: OperatorContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: FailureMiddleware())
    router.add(middleware: Gate(options: options))
    router.add(middleware: WholeBody(limits: limits))
    health.addRoutes(to: router)
    try addPage(to: router)
    router.add("/session.json", [.get: session])
    router.add("/status.json", [.get: status])
    router.add("/memory.json", [.get: memory])
    router.add("/letters.json", [.get: letters])
    router.add("/letters/:tag/:position", [.get: letter])
    router.add("/letters/rehearsal", [.post: rehearse])
    if options.allowsActions {
      router.add("/letters/replay", [.post: replay])
      router.add("/letters/drop", [.post: drop])
    }
    router.add("/timeline.json", [.get: timeline])
    router.add("/deals.json", [.get: deals])
    router.add("/tail", [.get: tail])
    router.add("/audit.json", [.get: auditState, .post: beginAudit])
    router.add("/log.json", [.get: log])
    return router
  }

  // MARK: Overview

  private func session(_ request: Request, _ context: OperatorContext) async throws -> Response {
    struct Image: Encodable { let name: String, actions: Bool }
    return Response(json: Image(name: context.author.name, actions: options.allowsActions))
  }

  private func status(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let shards = options.shards
    return Response(json: try await store.runAnywhere { try SystemStatus($0, shards: shards) })
  }

  private func memory(_ request: Request, _ context: OperatorContext) async throws -> Response {
    Response(json: try await store.run { try MemoryUse($0) })
  }

  // MARK: Deals

  private func timeline(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let query = request.uri.queryParameters
    guard
      let (subject, id) = Timeline.Subject.allCases.lazy.compactMap({ subject in
        query[subject.rawValue[...]].flatMap { Int($0) }.map { (subject, $0) }
      }).first, id >= 0
    else {
      throw Failure(.badRequest, "badQuery", "Give reserve, trade or product with a number.")
    }
    let (isShown, author) = (request.isShown, context.author)
    return Response(
      json: try await store.run { connection in
        if isShown {
          try OperatorLog(connection, as: author).write(.show, "timeline \(subject.rawValue) \(id)")
        }
        return TimelineImage(try Timeline(of: subject, id, connection), subject, id, isShown: isShown)
      })
  }

  private func deals(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let user = try request.text("user", longest: 100)
    guard let user else { throw Failure(.badRequest, "badQuery", "Give user, whose deals are meant.") }
    struct Image: Encodable { let count: Int, deals: [DealList.Deal] }
    return Response(
      json: try await store.run { connection in
        let list = try DealList(of: user, limit: 200, connection)
        return Image(count: list.count, deals: list.deals)
      })
  }

  // MARK: The operators' log

  private func log(_ request: Request, _ context: OperatorContext) async throws -> Response {
    struct Image: Encodable { let entries: [OperatorLog.Entry] }
    let limit = try request.number("limit", in: 1...1000) ?? 200
    return Response(json: Image(entries: try await store.run { try OperatorLog.last(limit, on: $0) }))
  }

  // MARK: The tail

  /// Proxies pass it on as it comes.
  private static let streaming: HTTPFields = {
    var headers: HTTPFields = [.contentType: "text/event-stream"]
    if let name = HTTPFields.Element.Name("X-Accel-Buffering") { headers[name] = "no" }
    return headers
  }()

  private func tail(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let query = request.uri.queryParameters
    var filter = TailFeed.Filter()
    filter.product = try request.text("product", longest: 20)
    filter.user = try request.text("user", longest: 100)
    filter.types = Set(query.getAll("type").prefix(50).filter { !$0.isEmpty })
    let (isShown, author) = (request.isShown, context.author)
    if isShown {
      try await store.run { try OperatorLog($0, as: author).write(.show, "tail") }
    }
    // It is free again with this response, whether or not anybody reads that.
    let place = try tails.place(for: TailFeed(store, filter, isShown: isShown))
    return Response(
      status: .ok, headers: Self.streaming,
      body: ResponseBody { writer in
        for await event in place.feed.begin() { try await writer.write(event) }
        try await writer.finish(nil)
      })
  }

  // MARK: The audit

  private func auditState(_ request: Request, _ context: OperatorContext) async throws -> Response {
    let state = audit.now
    let (isShown, author) = (request.isShown, context.author)
    if isShown, state.report != nil {
      try await store.run { try OperatorLog($0, as: author).write(.show, "findings of the audit") }
    }
    return Response(json: AuditImage(state, isShown: isShown))
  }

  private func beginAudit(_ request: Request, _ context: OperatorContext) async throws -> Response {
    struct Wish: Decodable { var wait: Int? }
    let wish = try await request.json(Wish.self)
    let wait = min(max(0, wish.wait ?? 0), 60)
    try audit.begin(by: context.author, waiting: .seconds(wait))
    return Response(json: AuditImage(audit.now, isShown: false), status: .accepted)
  }
}
