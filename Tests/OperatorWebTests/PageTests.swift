import Foundation
import NIOHTTP1
import OperatorWeb
import Pages
import Testbed
import Testing

/// The page is small, needs nothing from elsewhere, and puts no text of others into HTML.
@Suite struct PageTests {
  private static let folders = ["Sources/OperatorWeb/Page", "Sources/Pages/Design"]

  private static func sources() throws -> [(name: String, text: String)] {
    try folders.flatMap { folder in
      let place = Executables.package.appending(path: folder)
      return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted().map { name in
        (name, try String(contentsOf: place.appending(path: name), encoding: .utf8))
      }
    }
  }

  @Test func `it is at most 100 kB`() {
    for language in PageFiles.languages { #expect(OperatorPage.files.size(in: language) <= 100_000) }
  }

  @Test func `every file is served, and refers only to files beside it`() throws {
    let names = OperatorPage.files.names
    // What only shows the design language is not served.
    for (name, text) in try Self.sources() where name.hasPrefix("operator") || names.contains(name) {
      #expect(names.contains(name), "\(name) is not served")
      for match in text.matches(of: #/(?:from "|href="|src=")([^"#]+)"/#) where !match.1.hasPrefix("data:") {
        let file = match.1.hasPrefix("./") ? match.1.dropFirst(2) : match.1
        #expect(names.contains(String(file)), "\(name) refers to \(match.1)")
      }
    }
  }

  @Test func `no file has inline code, or makes HTML of text`() throws {
    let forbidden = [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", " style=",
      "<script>", "<style", " onclick=\"", "http:" + "//",
    ]
    for (name, text) in try Self.sources() where OperatorPage.files.names.contains(name) {
      for word in forbidden where text.contains(word) {
        // The namespace of SVG is a name, and no address.
        if word.hasPrefix("http:"), text.contains("http://www.w3.org/2000/svg") { continue }
        Issue.record("\(name) has \(word)")
      }
    }
  }

  @Test func `Korean and English have the same words, and each word that is said exists`() throws {
    let sources = try Self.sources().filter { $0.name.hasPrefix("operator") }
    func keys(_ language: String) throws -> Set<String> {
      let table = try #require(sources.first { $0.name == "operator-\(language).js" }).text
      return Set(table.matches(of: #/(?:^|[,{] ?)\s*(\w+): /#.anchorsMatchLineEndings()).map { String($0.1) })
    }
    let (korean, english) = (try keys("ko"), try keys("en"))
    #expect(korean.symmetricDifference(english) == [])
    #expect(korean.count > 150)
    for (name, text) in sources where !name.hasSuffix("-ko.js") && !name.hasSuffix("-en.js") {
      for match in text.matches(of: #/(?:say|sayOf)\("(\w+)"|data-word(?:-label)?="(\w+)"/#) {
        let key = String(match.1 ?? match.2 ?? "")
        #expect(english.contains(key), "\(name) says \(key)")
      }
    }
  }

  @Test func `it is served with a strict policy, also below a prefix that a proxy removes`() async throws {
    try await TestWeb.run { web in
      let page = try await web.http.call(.GET, "/")
      #expect(page.status == 200 && page.text.contains("operator.js"))
      let policy = page.headers["Content-Security-Policy"].first ?? ""
      #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
      #expect(!policy.contains("unsafe"))
      #expect(page.headers["X-Content-Type-Options"] == ["nosniff"])
      let tag = try #require(page.headers["ETag"].first)
      let known: HTTPHeaders = ["If-None-Match": tag]
      #expect(try await web.http.call(.GET, "/", headers: known).status == 304)
      for name in OperatorPage.files.names {
        #expect(try await web.http.call(.GET, "/\(name)").status == 200, "\(name)")
      }
      #expect(try await web.http.call(.GET, "/nothing.js").status == 404)
      let data = try await web.get("/status.json")
      #expect(data.status == 200 && data.headers["Cache-Control"] == ["private, no-store"])
    }
  }
}
