import Hummingbird

/// The files of a page for browsers: static, embedded in the executable, and without anything from other hosts.
package struct PageFiles: Sendable {
  /// What a page can do: load these files and call the server it came from. Nothing inline, nothing from elsewhere,
  /// and no frame around it.
  package static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  private let files: [String: PageFile]

  /// - Parameter contents: The bytes of each file by its name, whose extension tells the type.
  package init(_ contents: [String: [UInt8]]) {
    files = Dictionary(uniqueKeysWithValues: contents.map { ($0, PageFile($0, $1)) })
  }

  /// The names of all files.
  package var names: Set<String> { Set(files.keys) }

  /// How much a browser loads that loads all of them, in bytes, without compression.
  package var size: Int { files.values.reduce(0) { $0 + $1.bytes.readableBytes } }

  /// Returns the answer to a request for a file: the file, compressed if the client takes that, or a 304 if the client
  /// has it. Returns nil if there is no such file.
  package func response(for name: String, to request: Request) -> Response? {
    guard let file = files[name] else { return nil }
    var headers: HTTPFields = [
      .contentType: file.contentType, .cacheControl: "no-cache", .vary: "Accept-Encoding",
      .contentSecurityPolicy: Self.contentSecurityPolicy,
    ]
    var body = file.bytes
    var tag = file.tag
    if let compressed = file.compressed, Self.takesGzip(request.headers[values: .acceptEncoding]) {
      body = compressed
      // Another representation has another tag.
      tag += "-gzip"
      headers[.contentEncoding] = "gzip"
    }
    headers[.eTag] = "\"\(tag)\""
    let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
    if known.contains(where: { $0.filter { $0 != " " && $0 != "\t" }.drop("W/") == "\"\(tag)\"" }) {
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
  }

  private static func takesGzip(_ accepted: [String]) -> Bool {
    for coding in accepted.flatMap({ $0.lowercased().split(separator: ",") }) {
      let parts = coding.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard parts.first == "gzip" else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      return weight > 0
    }
    return false
  }
}

extension String {
  /// Returns the text without a prefix.
  fileprivate func drop(_ prefix: String) -> Substring {
    hasPrefix(prefix) ? dropFirst(prefix.count) : self[...]
  }
}
