import Hummingbird
import Logging

/// Serves a front end's files on paths the API does not have, and `index.html` to browsers that ask for `/`.
struct FrontEnd: RouterMiddleware {
  private let files: FileMiddleware<IngressContext, LocalFileSystem>

  init(folder: String, logger: Logger) {
    files = FileMiddleware(folder, searchForIndexHtml: true, logger: logger)
  }

  func handle(
    _ request: Request, context: IngressContext, next: (Request, IngressContext) async throws -> Response
  ) async throws -> Response {
    guard request.method == .get || request.method == .head, Self.isSafe(request.uri.path) else {
      return try await next(request, context)
    }
    guard request.uri.path == "/" else {
      return try await file(request, context) { try await next(request, context) }
    }
    if request.prefersHTML {
      do {
        var index = try await file(request, context) { throw HTTPError(.notFound) }
        index.headers.vary(on: "Accept")
        return index
      } catch let error as HTTPError where error.status == .notFound {}
    }
    return try await next(request, context)
  }

  /// Returns the answer of `other`, or a file if that finds nothing.
  private func file(
    _ request: Request, _ context: IngressContext, other: () async throws -> Response
  ) async throws -> Response {
    var head = request.head
    // Hummingbird answers a range outside of the file with a negative length. Ranges are optional: drop them.
    head.headerFields[.range] = nil
    var isFile = true
    var response = try await files.handle(Request(head: head, body: request.body), context: context) { _, _ in
      let response = try await other()
      isFile = false
      return response
    }
    guard isFile else { return response }
    response.headers[.acceptRanges] = nil
    response.headers[.cacheControl] = "no-cache"
    // Not `no-referrer`: a form of such a page would have no origin to show.
    response.headers[header: .referrerPolicy] = "same-origin"
    return response
  }

  /// Whether a path stays inside the folder and names nothing hidden.
  private static func isSafe(_ path: String) -> Bool {
    guard let plain = try? URLText.decode(path, "path"), plain.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      plain.utf8.first == UInt8(ascii: "/")
    else { return false }
    let parts = plain.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.dropLast().allSatisfy { !$0.isEmpty } && parts.allSatisfy { $0.first != UInt8(ascii: ".") }
      && !plain.utf8.contains(UInt8(ascii: "\\"))
  }
}
