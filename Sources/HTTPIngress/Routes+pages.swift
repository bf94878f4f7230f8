import Hummingbird
import MarketPage

extension Routes {
  /// Adds what the market page consists of besides `/`.
  func addPages(to router: Router<Context>) {
    add(
      "/market/:file", to: router,
      [
        .get: Endpoint(for: .everybody) { request, context in
          guard let file = MarketPage.files.response(for: try context.text("file"), to: request) else {
            throw HTTPError(.notFound)
          }
          return file
        }
      ])
  }
}

extension Request {
  /// Whether a browser asks for something to look at.
  var prefersHTML: Bool { headers[.accept]?.contains("text/html") == true }

  /// Whether a program asks for something to read.
  var prefersJSON: Bool { headers[.accept]?.contains("json") == true && !prefersHTML }
}
