import Foundation
import Health
import Hummingbird
import Market

/// Which call does what.
struct Routes: Sendable {
  typealias Context = BasicRequestContext
  typealias Handler = @Sendable (Request, Context) async throws -> Response

  let writes: Writes
  let reads: Reads
  let options: GatewayOptions
  let allowance = PageAllowance(most: 5 * PageRequest.largestSize)

  func router(health: Health) -> Router<Context> {
    let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: CrossOrigin(origins: options.allowedOrigins))
    router.add(middleware: CallMetrics())
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: WholeBody(limits: options.limits))
    health.addRoutes(to: router)
    if let metrics = options.metrics { Health.addMetrics(to: router, metrics) }
    addReads(to: router)
    addWrites(to: router)
    return router
  }

  /// Adds a path with all it answers to; any other method is a 405 that says which there are.
  func add(_ path: RouterPath, to router: Router<Context>, _ handlers: [HTTPRequest.Method: Handler]) {
    for (method, handler) in handlers { router.on(path, method: method, use: handler) }
    let allowed = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
    for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] where handlers[method] == nil {
      router.on(path, method: method) { request, _ -> Response in
        var problem = Problem(
          .methodNotAllowed, "methodNotAllowed", "\(request.uri.path) takes only \(allowed).")
        problem.headers[.allow] = allowed
        throw problem
      }
    }
  }

  /// The fields of a JSON body. Throws a 400 for what is none.
  func fields(of request: Request) async throws -> Fields {
    var bytes = Data()
    for try await part in request.body { bytes.append(contentsOf: part.readableBytesView) }
    return try JSONBody.fields(of: bytes)
  }
}

extension BasicRequestContext {
  /// The id in the path.
  func id() throws -> Int { try URLText.id(try parameters.require("id")) }

  /// A percent-encoded text in the path.
  func text(_ name: String) throws -> String { try URLText.decode(try parameters.require(name), name) }
}
