import Foundation

/// The executables in a folder.
struct Executables: Sendable {
  /// Those of the same build as the running one.
  static let own = Executables(
    in: (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .deletingLastPathComponent())

  private let folder: URL

  init(in folder: URL) { self.folder = folder }

  /// Returns the path of an executable. Throws if it does not exist.
  func path(_ name: String) throws -> String {
    let path = folder.appending(path: name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw BenchError("\(path) does not exist: build everything first (swift build -c release).")
    }
    return path
  }
}
