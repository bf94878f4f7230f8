import Health
import Hummingbird
import Logging
import Market

/// The routes and their handlers.
struct Routes: Sendable {
  typealias Context = IngressContext

  let writes: Writes
  let reads: Reads
  let notices: NoticeFeed
  let options: IngressOptions
  let allowance = PageAllowance(most: 5 * PageRequest.largestSize)

  var replay: NoticeReplay { NoticeReplay(redis: reads.redis, shards: reads.shards) }

  func router(health: Health, logger: Logger) -> Router<Context> {
    let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
    let origins = options.allowedOrigins.map(Set.init) ?? (options.requiresIdentity ? [] : nil)
    let vary =
      ["Origin", "Accept-Language"]
      + (options.requiresIdentity ? ["Authorization"] : [])
      + (options.trustedProxies.isEmpty ? [] : ["X-Forwarded-Host", "X-Forwarded-Proto"])
    router.add(
      middleware: CrossOrigin(
        policy: options.requiresIdentity ? .withToken(of: origins ?? []) : .withCredentials(of: origins),
        vary: vary.joined(separator: ", ")))
    router.add(middleware: RequestMetricsMiddleware())
    router.add(middleware: ProblemMiddleware())
    if options.baseURL != nil || !options.trustedProxies.isEmpty {
      router.add(middleware: ForwardedHeaders(baseURL: options.baseURL, proxies: options.trustedProxies))
    }
    if let origins { router.add(middleware: ChosenOrigins(origins: origins)) }
    let limits = RateLimits(options)
    if let identity = options.identity {
      if let limits { router.add(middleware: RefusedCallerMiddleware(limits: limits)) }
      router.add(middleware: Authentication(verifier: identity))
    }
    if let limits {
      router.add(middleware: RateLimitMiddleware(limits: limits))
      router.add(middleware: ProblemMiddleware())
    }
    if options.requiresIdentity { router.add(middleware: ManagementAccess()) }
    router.add(middleware: WholeBody(limits: options.limits))
    if let folder = options.frontEnd { router.add(middleware: FrontEnd(folder: folder, logger: logger)) }
    if options.servesHealth {
      health.addRoutes(to: router)
      if let metrics = options.metrics { Health.addMetrics(to: router, metrics) }
    }
    addReads(to: router)
    addPages(to: router)
    addNoticeStream(to: router)
    for entity in Entity.allCases { addItems(entity, to: router) }
    return router
  }

  func add(_ path: RouterPath, to router: Router<Context>, _ endpoints: [HTTPRequest.Method: Endpoint]) {
    router.add(path, endpoints.mapValues { endpoint in { try await endpoint.handle($0, $1) } })
  }

  /// Returns the fields of a JSON body. Throws a 400 for malformed JSON, a 415 for another content type.
  ///
  /// - Parameter names: the only members that the call takes; nil if it can take any.
  func fields(of request: Request, only names: [String]? = nil) async throws -> Fields {
    var bytes = ByteBuffer()
    for try await part in request.body { bytes.writeImmutableBuffer(part) }
    try JSONBody.check(request.headers[.contentType], isEmpty: bytes.readableBytes == 0)
    guard let names else { return try JSONBody.fields(of: bytes.readableBytesView) }
    let fields = try JSONBody.fields(of: bytes.readableBytesView, known: Set(names))
    return Fields(fields.pairs.filter { names.contains($0.name) })
  }
}
