import Foundation

/// The executables in the same folder as the running one.
enum Executables {
  /// Returns the path of an executable. Throws if it does not exist.
  static func path(_ name: String) throws -> String {
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    let path = own.deletingLastPathComponent().appending(path: name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw BenchError("\(path) does not exist: build everything first (swift build -c release).")
    }
    return path
  }
}
