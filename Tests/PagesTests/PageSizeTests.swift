import Foundation
import MarketPage
import OperatorWeb
import Pages
import Testbed
import Testing

/// The two pages, as they are embedded.
@Suite struct PageSizeTests {
  /// What a browser may load of a page, in bytes, without compression.
  private static let limit = 100_000

  @Test(arguments: [("MarketPage", MarketPage.files), ("OperatorWeb", OperatorPage.files)])
  func `a page has every file of its folder, and is small`(target: String, files: PageFiles) throws {
    let folder = Executables.package.appending(path: "Sources/\(target)/Page").path
    let own = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(
      files.names.isSuperset(of: own) && files.names.isSuperset(of: ["design.css", "dom.js", "language.js"]))
    for language in PageFiles.languages {
      let size = files.size(in: language)
      #expect(size <= Self.limit, "\(target) has \(size) bytes in \(language)")
    }
  }
}
