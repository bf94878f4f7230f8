import Foundation

/// The executables that lie beside the one that runs.
enum Executables {
  /// Throws where there is none of that name.
  static func path(_ name: String) throws -> String {
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    let path = own.deletingLastPathComponent().appending(path: name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw BenchError("\(path) is not there: build everything first (swift build -c release).")
    }
    return path
  }
}
