import Foundation
import Market
import Telemetry
import Testbed
import Testing

/// The design documentation speaks of what there is, and leaves out nothing that was added.
@Suite struct DocumentationTests {
  private static let catalogue = "Sources/Documentation/Documentation.docc"

  @Test func `every file that the documentation names exists`() throws {
    let files = try Self.swiftFiles()
    var named = 0
    for page in try Self.pages() {
      for match in page.text.matches(of: /`((?:Sources|Tests|scripts|compose|\.github)\/[^`\s]+)`/) {
        let path = Executables.package.appending(path: String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(page.name) names \(match.1)")
        named += 1
      }
      for match in page.text.matches(of: /`[^`\s]*?([\w+\-]+\.swift)`/) {
        #expect(files.contains(String(match.1)), "\(page.name) names \(match.1)")
      }
    }
    #expect(named > 100)
  }

  @Test func `every target is described`() throws {
    let page = try Self.page("StartHere")
    let sources = Executables.package.appending(path: "Sources").path
    // The workers are described as one, and the documentation is this.
    for name in try FileManager.default.contentsOfDirectory(atPath: sources)
    where !name.hasSuffix("-worker") && name != "Documentation" {
      #expect(page.contains("`Sources/\(name)`"), "StartHere.md does not describe \(name)")
    }
  }

  @Test func `every Redis key is listed`() throws {
    let listed = try Self.page("KeysAndFormats").replacing(/<[^>\n]+>/, with: "<>")
    let keys = try Deployment.keys()
    #expect(keys.count > 25)
    for key in keys { #expect(listed.contains("`\(key)`"), "KeysAndFormats.md does not list \(key)") }
  }

  @Test func `every command, event and status of a deal is documented`() throws {
    let page = try Self.page("StatesOfADeal")
    for type in Event.types where !page.contains("`\(type)`") {
      Issue.record("StatesOfADeal.md does not name \(type)")
    }
    for kind in CommandKind.allCases where !page.contains("`\(kind.rawValue)` | \(kind.worker.rawValue) |") {
      Issue.record("StatesOfADeal.md has no row for \(kind.rawValue)")
    }
    for status in Status.allCases {
      let word = status.rawValue
      if !page.contains("| \(word) |") { Issue.record("StatesOfADeal.md has no row for \(word)") }
      // A stock's status is only the last thing that happened to it.
      if !status.isOf(.inventory) && !page.contains("--> \(word): ") {
        Issue.record("StatesOfADeal.md has no transition to \(word)")
      }
    }
  }

  @Test func `the README names every command and every status`() throws {
    let page = try Self.text("README.md")
    let tables = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.joined()
    for kind in CommandKind.allCases where !tables.contains("`\(kind.rawValue)`") {
      Issue.record("no table of README.md has \(kind.rawValue)")
    }
    for status in Status.allCases where !tables.contains(status.rawValue) {
      Issue.record("no table of README.md has \(status.rawValue)")
    }
  }

  @Test func `documented settings and metrics exist`() throws {
    let page = try Self.page("Operating")
    // Only `handover dev` reads this one, and nothing that is deployed.
    let variables = Set(page.matches(of: /HANDOVER_[A-Z_]+/).map { String($0.0) })
      .subtracting(["HANDOVER_DATA"])
    #expect(variables.count > 10)
    for variable in variables { #expect(try Deployment.isSetting(variable), "\(variable)") }
    let metrics = Set(page.matches(of: /handover_[a-z_]+/).map { String($0.0) })
    #expect(metrics.subtracting(Metric.allCases.map(\.rawValue)) == [])
  }

  /// Words and names that readers stumbled over, and that have others now.
  @Test func `no retired word is used`() throws {
    let retired =
      /\b(anew|shall|lies|Caution|CallBook|ReplyBook|Viewpoint|Manners|Doorway|Leftovers|Layout)\b/
    let pages = try Self.pages().filter { $0.name != "CONTRIBUTING.md" }
    for (name, text) in try pages + Self.code(in: "Sources") {
      for line in text.split(separator: "\n") where line.contains(retired) {
        Issue.record("\(name): \(line)")
      }
    }
  }

  @Test func `every test is named by a sentence`() throws {
    for (name, text) in try Self.code(in: "Tests") {
      for match in text.matches(of: /@Test(?:\([^`]*?\))?\s+(?:mutating )?func (\w+)/) {
        Issue.record("\(name): \(match.1)")
      }
      #expect(!text.contains(/@(Test|Suite)\("/), "\(name) has a display name")
    }
  }

  @Test func `no code block is wider than 100 columns`() throws {
    for page in try Self.pages() {
      var isCode = false
      for line in page.text.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("```") { isCode.toggle() }
        #expect(!isCode || line.count <= 100, "\(page.name): \(line)")
      }
    }
  }
}

extension DocumentationTests {
  /// All pages: the README, the catalogue's, and those for contributors.
  private static func pages() throws -> [(name: String, text: String)] {
    var pages = [(name: "README.md", text: try text("README.md"))]
    for folder in [catalogue, ".github"] {
      let place = Executables.package.appending(path: folder)
      for name in try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
      where name.hasSuffix(".md") {
        pages.append((name, try String(contentsOf: place.appending(path: name), encoding: .utf8)))
      }
    }
    return pages
  }

  private static func page(_ name: String) throws -> String { try text("\(catalogue)/\(name).md") }

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: Executables.package.appending(path: path), encoding: .utf8)
  }

  /// The names of all source files. The worked example makes one that is not there.
  private static func swiftFiles() throws -> Set<String> {
    let names = try ["Sources", "Tests"].flatMap { try code(in: $0).map(\.name) }
    return Set(names + ["Package.swift", "ReportNoShow.swift"])
  }

  /// The Swift files in a folder, at any depth.
  private static func code(in folder: String) throws -> [(name: String, text: String)] {
    let root = Executables.package.appending(path: folder)
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { file in
      (file.lastPathComponent, try String(contentsOf: file, encoding: .utf8))
    }
  }
}
