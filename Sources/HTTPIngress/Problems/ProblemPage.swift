import Hummingbird
import Market
import Pages

extension Endpoint {
  /// `GET /problems/{code}`: explains a kind of problem to people, or as JSON to programs that ask for it.
  static var problem: Endpoint {
    Endpoint(for: .everybody) { request, context in
      let name = try context.text("code")
      guard let explanation = ProblemCode(name).flatMap({ ProblemCode.explanations[$0] }) else {
        throw Problem(
          .refusal(.notFound), "There is no problem \(name.prefix(40)).", message: Refusal.notFound.message)
      }
      return (request.prefersJSON ? explanation.json : explanation.page).response(to: request)
    }
  }
}

extension ProblemCode {
  /// The explanations, made once: anybody can ask for them, and compressing costs more than answering.
  fileprivate static let explanations = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, (json: $0.explanationAsJSON, page: $0.explanationAsPage)) })

  private var explanationAsJSON: Document {
    var json = JSONWriter()
    json.object { json in
      json.write("code", name)
      json.write("type", type)
      json.write("status", status.code)
      json.write("ko", explanation.korean)
      json.write("en", explanation.english)
    }
    return Document("application/json", json.bytes, vary: "Accept")
  }

  private var explanationAsPage: Document {
    // There is nothing in the page but text, and nothing may be added to it.
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return Document(
      "text/html; charset=utf-8", Array(page.utf8), vary: "Accept", headers: [.contentSecurityPolicy: policy])
  }

  private var page: String {
    """
    <!doctype html>
    <html lang="ko">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">
    <title>\(name)</title>
    </head>
    <body>
    <main>
    <h1><code>\(name)</code></h1>
    <p>HTTP \(status.code) \(status.reasonPhrase)</p>
    <p lang="ko">\(explanation.korean.escaped)</p>
    <p lang="en">\(explanation.english.escaped)</p>
    </main>
    </body>
    </html>

    """
  }
}

extension String {
  /// The text as HTML shows it.
  fileprivate var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
