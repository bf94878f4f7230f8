import Foundation
import Processes
import Testbed

/// The files of `compose/`, as text.
enum Deployment {
  static let folder = Executables.package.appending(path: "compose")
  static let workers = TestSystem.workers
  static let services = workers + ["ingress"]
  /// The services that know the secret of codes.
  static let codeServices = ["trade", "ingress"]

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

  /// Where the passwords for trials are, each in a file.
  static let passwords = folder.appending(path: "development")

  /// Returns the password of a user, for trials. Any is right for the one who needs none.
  static func password(of user: String) throws -> String {
    if user == "probe" { return "any" }
    return try text("development/\(user.uppercased())_PASSWORD").trimmingCharacters(in: .newlines)
  }

  /// Returns whether an executable reads a variable: a key in the sources, or a service's own log level.
  static func isSetting(_ variable: String) throws -> Bool {
    if variable.hasSuffix("_LOG_LEVEL") {
      return services.contains(variable.dropLast("_LOG_LEVEL".count).lowercased())
    }
    return try settingKeys.get().contains(variable.lowercased().replacing("_", with: "."))
  }

  private static let settingKeys = Result {
    let sources = Executables.package.appending(path: "Sources/Runtime")
    let files = try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil)
    return try files.reduce(into: Set<String>()) { keys, file in
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /"(handover\.[a-z.]+)"/) { keys.insert(String(match.1)) }
    }
  }

  /// Returns what an executable prints.
  static func output(of program: String, _ arguments: String...) throws -> String {
    let log = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID())")
    defer { try? FileManager.default.removeItem(at: log) }
    let path = program.contains("/") ? program : Executables.path(program)
    try RunningProcess(path, arguments, log: log).wait()
    return try String(contentsOf: log, encoding: .utf8)
  }

  /// Every key that `Key` and `LaneName` make, with `{s}` for the tag of a slot and `<>` for whatever is put in.
  static func keys() throws -> [String] {
    var source = try Self.source("Keys/Key.swift")
    // The beginnings of some keys are constants.
    for constant in source.matches(of: /static let (\w+) = "([^"]+)"/) {
      source = source.replacing("\\(\(constant.1))", with: String(constant.2))
    }
    var keys = source.matches(of: /public static let \w+ = "([^"]+)"/).map { String($0.1) }
    keys += source.matches(of: /shard\.key\("([^"]+)"\)/).map { "{s}:\($0.1)" }
    keys += source.matches(of: /-> String \{\s+"([^"]+)"\s+\}/).map { String($0.1) }
    let lanes = try Self.source("Lanes/LaneName.swift")
    keys += lanes.matches(of: /"\\\(tag\)(:[^"]+)"/).map { "{s}\($0.1)" }
    keys += lanes.matches(of: /"(replicas:[^"]+)"/).map { String($0.1) }
    return keys.map { $0.replacing(/\\\((?:[^()]|\([^()]*\))*\)/, with: "<>") }
  }

  private static func source(_ path: String) throws -> String {
    try String(contentsOf: Executables.package.appending(path: "Sources/\(path)"), encoding: .utf8)
  }
}
