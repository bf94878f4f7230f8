import CoreMetrics
import Health
import Hummingbird
import Market
import Telemetry

/// How much each caller can ask for, separately for reads and for writes. Operators are not limited.
struct RateLimits: Sendable {
  /// One limit, and how it is told to clients: by the fields of draft-ietf-httpapi-ratelimit-headers-11.
  struct Policy: Sendable {
    private let name: String
    private let limiter: RateLimiter
    /// The value of `RateLimit-Policy`.
    private let described: String
    private let refused: Counter

    /// - Parameter perMinute: the units; at least 1.
    fileprivate init(_ name: String, perMinute: Int) {
      self.name = name
      limiter = RateLimiter(perMinute: perMinute)
      described = "\"\(name)\";q=\(perMinute);w=60"
      refused = Counter(label: Metric.rateLimited.rawValue, dimensions: [("policy", name)])
    }

    /// Charges a call. Returns the fields for its answer; throws a 429 if the caller has too little left.
    func charge(_ caller: RateLimiter.Caller, cost: Int = 1) throws(Problem) -> HTTPFields {
      let verdict = limiter.admit(caller, cost: cost)
      let next = verdict.seconds == 0 ? "" : ";t=\(verdict.seconds)"
      var fields: HTTPFields = [:]
      fields[header: .rateLimitPolicy] = described
      fields[header: .rateLimit] = "\"\(name)\";r=\(verdict.remaining)\(next)"
      guard !verdict.isAdmitted else { return fields }
      refused.increment()
      var problem = Problem(
        .rateLimited,
        """
        Too many calls: \(limiter.perMinute) \(name) a minute are allowed, and large or sorted pages count as \
        several. Try again in \(verdict.seconds) s.
        """,
        message: "요청이 너무 많습니다. \(verdict.seconds)초 뒤에 다시 시도해 주세요.")
      fields[.retryAfter] = String(verdict.seconds)
      problem.headers = fields
      throw problem
    }
  }

  private let reads: Policy?
  private let writes: Policy?
  private let proxies: [AddressRange]

  /// Nil if nothing is limited.
  init?(_ options: IngressOptions) {
    func policy(_ name: String, _ perMinute: Int) -> Policy? {
      perMinute > 0 ? Policy(name, perMinute: perMinute) : nil
    }
    reads = policy("reads", options.readsPerMinute)
    writes = policy("writes", options.writesPerMinute)
    proxies = options.trustedProxies
    if reads == nil, writes == nil { return nil }
  }

  /// Returns the limit for a call; nil if there is none.
  func policy(for request: Request) -> Policy? {
    switch request.method {
    case .get, .head, .options: reads
    default: writes
    }
  }

  /// Returns who pays for a call; nil if nobody does.
  func payer(of request: Request, _ context: IngressContext) -> RateLimiter.Caller? {
    switch context.viewer {
    case .user(let user): user.isOperator ? nil : .user(Array(user.userid.utf8))
    case .anyone, .nobody: address(of: request, context)
    }
  }

  /// Returns the address from which a call comes.
  func address(of request: Request, _ context: IngressContext) -> RateLimiter.Caller? {
    let forwarded = proxies.isEmpty ? [] : request.headers[values: .forwardedFor]
    let client = context.peer?.client(forwarded: forwarded, behind: proxies)
    return client.flatMap { ClientAddress($0) }.map { .address($0) }
  }

  /// Returns the units of a call: as many as the ordinary pages that cost the same.
  static func cost(of request: Request, _ context: IngressContext) -> Int {
    // A malformed query is refused later, at the price of one unit.
    guard request.method == .get || request.method == .head, let text = request.uri.query,
      let query = try? URLText.query(text), let page = try? PageRequest(query)
    else { return 1 }
    // Only where nobody has to sign in does a call that names no user get everybody's notices.
    let userid = query["userid"].flatMap { $0.isEmpty ? nil : $0 } ?? (context.viewer == .anyone ? nil : "")
    // What is newest first has no index by `id`, so that sorting by it reads all.
    let list: CollectionQuery =
      switch context.endpointPath {
      case "/notices": .notices(for: userid, shards: 1)
      case "/mypages/{userid}": .mypage(of: "")
      case "/reserves" where context.viewer.confined != nil: .reserves(with: "")
      default: .all(.reserve, shards: 1)
      }
    let usual = PageRequest().size
    return (list.weight(of: page) + usual - 1) / usual
  }
}

/// Charges each call to its user or, where nobody is signed in, to its address.
///
/// Its place is after authentication, and around a `ProblemMiddleware`, so that failures tell the limit too. Health
/// checks and metrics are free: platforms that cannot read them take the process down.
struct RateLimitMiddleware: RouterMiddleware {
  let limits: RateLimits

  func handle(
    _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
  ) async throws -> Response {
    guard !Health.paths.contains(context.endpointPath ?? ""), let policy = limits.policy(for: request),
      let payer = limits.payer(of: request, context)
    else { return try await next(request, context) }
    let fields = try policy.charge(payer, cost: RateLimits.cost(of: request, context))
    var response = try await next(request, context)
    response.headers.append(contentsOf: fields)
    return response
  }
}

/// Charges calls that authentication refused to the address from which they come, so that nobody can try tokens
/// without end. Its place is before authentication.
struct RefusedCallerMiddleware: RouterMiddleware {
  let limits: RateLimits

  func handle(
    _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch var problem as Problem where problem.status == .unauthorized {
      if let policy = limits.policy(for: request), let address = limits.address(of: request, context) {
        problem.headers.append(contentsOf: try policy.charge(address))
      }
      throw problem
    }
  }
}
