import Foundation

/// The executables that were built together with the tests.
package enum Executables {
  /// The folder of the test bundle, which is where the build puts them.
  package static let folder: URL = {
    let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
    var folder = URL(fileURLWithPath: bundle)
    while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.path + "/handover") {
      folder.deleteLastPathComponent()
    }
    return folder
  }()

  /// The root of the package, where `scripts` is.
  package static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  package static func path(_ name: String) -> String { folder.appending(path: name).path }
}
