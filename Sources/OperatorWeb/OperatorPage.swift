import Hummingbird
import Pages

/// The files of the operator's page, with the design language that it shares.
package enum OperatorPage {
  package static let files = PageFiles([
    "operator.html": PackageResources.operator_html,
    "operator.css": PackageResources.operator_css,
    "operator.js": PackageResources.operator_js,
    "operator-api.js": PackageResources.operator_api_js,
    "operator-audit.js": PackageResources.operator_audit_js,
    "operator-chart.js": PackageResources.operator_chart_js,
    "operator-deals.js": PackageResources.operator_deals_js,
    "operator-en.js": PackageResources.operator_en_js,
    "operator-ko.js": PackageResources.operator_ko_js,
    "operator-letters.js": PackageResources.operator_letters_js,
    "operator-log.js": PackageResources.operator_log_js,
    "operator-overview.js": PackageResources.operator_overview_js,
    "operator-parts.js": PackageResources.operator_parts_js,
    "operator-tail.js": PackageResources.operator_tail_js,
    "operator-words.js": PackageResources.operator_words_js,
  ])
}

extension OperatorRoutes {
  /// Adds `/`, and the files beside it, which the page names without a path: so it works below any.
  func addPage(to router: Router<OperatorContext>) throws {
    router.add("/", [.get: { request, _ in try Self.file("operator.html", request) }])
    router.add(
      "/:file", [.get: { request, context in try Self.file(context.parameters.require("file"), request) }])
  }

  private static func file(_ name: String, _ request: Request) throws -> Response {
    guard let response = OperatorPage.files.response(for: name, to: request) else {
      throw Failure(.notFound, "notFound", "There is no \(request.uri.path).")
    }
    return response
  }
}
