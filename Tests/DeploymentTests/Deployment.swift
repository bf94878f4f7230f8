import Foundation
import Testbed

/// The files of `compose/`, as text.
enum Deployment {
  static let folder = Executables.package.appending(path: "compose")
  static let workers = TestSystem.workers
  static let services = workers + ["ingress"]

  static func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  /// The lines of `.env`.
  static func settings() throws -> [String: String] {
    var settings: [String: String] = [:]
    for match in try text(".env").matches(of: /(?m)^([A-Z_]+)=(.*)$/) {
      settings[String(match.1)] = String(match.2)
    }
    return settings
  }

  /// The users of `users.acl`, each with the name of the password that its rule asks for.
  static func users() throws -> [String: String] {
    var users: [String: String] = [:]
    for match in try text("redis/users.acl").matches(of: /(?m)^user (\w+) on >\$(\w+)$/) {
      users[String(match.1)] = String(match.2)
    }
    return users
  }

  /// Returns whether an executable reads a variable: a key in the sources, or a service's own log level.
  static func isSetting(_ variable: String) throws -> Bool {
    if variable.hasSuffix("_LOG_LEVEL") {
      return services.contains(variable.dropLast("_LOG_LEVEL".count).lowercased())
    }
    return try keys.get().contains(variable.lowercased().replacing("_", with: "."))
  }

  private static let keys = Result {
    let sources = Executables.package.appending(path: "Sources/Runtime")
    let files = try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil)
    return try files.reduce(into: Set<String>()) { keys, file in
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /"(handover\.[a-z.]+)"/) { keys.insert(String(match.1)) }
    }
  }
}
