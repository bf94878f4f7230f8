import Hummingbird

/// The files of a page for browsers: static, embedded in the executable, and without anything from other hosts.
package struct PageFiles: Sendable {
  /// What a page can do: load these files and call the server it came from. Nothing inline, nothing from elsewhere,
  /// and no frame around it.
  package static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  /// The design language, and how pages build elements and speak. What only shows it, `design.html`, is not among them.
  private static let design = [
    "design.css": PackageResources.design_css, "dom.js": PackageResources.dom_js,
    "language.js": PackageResources.language_js,
  ]

  private let files: [String: Document]

  /// The files of a page, and those of the design language that all pages share.
  ///
  /// - Parameter own: The bytes of each file by its name, whose extension tells the type.
  package init(_ own: [String: [UInt8]]) {
    files = Dictionary(
      uniqueKeysWithValues: own.merging(Self.design) { own, _ in own }.map { name, bytes in
        (
          name,
          Document(
            Self.contentType(of: name), bytes, headers: [.contentSecurityPolicy: Self.contentSecurityPolicy])
        )
      })
  }

  /// The names of all files.
  package var names: Set<String> { Set(files.keys) }

  /// The languages of the pages. The words of one are in a file of their own, such as `market-ko.js`, so that a browser
  /// loads only those that it shows.
  package static let languages = ["ko", "en"]

  /// How much a browser loads that shows the page in a language, in bytes, without compression.
  package func size(in language: String) -> Int {
    let others = Self.languages.filter { $0 != language }
    return files.filter { name, _ in !others.contains { name.hasSuffix("-\($0).js") } }
      .values.reduce(0) { $0 + $1.size }
  }

  /// Returns the answer to a request for a file, or nil if there is no such file.
  package func response(for name: String, to request: Request) -> Response? {
    files[name]?.response(to: request)
  }

  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
