import Foundation
import Processes
import Telemetry
import Testbed
import Testing

/// `compose.yaml`, `.env`, `users.acl` and the alerts agree with each other and with the executables.
@Suite struct ComposeTests {
  @Test func `every setting is used, and every used setting has a value`() throws {
    let compose = try Deployment.text("compose.yaml")
    var used = Set(compose.matches(of: /\$\{([A-Z_]+)\}/).map { String($0.1) })
    used.formUnion(compose.matches(of: /(?m)^ +([A-Z_]+):$/).map { String($0.1) })
    // The variable that compose itself reads.
    used.insert("COMPOSE_PROJECT_NAME")
    #expect(try used == Set(Deployment.settings().keys))
  }

  @Test func `the cluster's file names the same nodes everywhere`() throws {
    let file = try Deployment.text("compose.cluster.yaml")
    let nodes = (1...6).map { "redis-\($0)" }
    for node in nodes {
      #expect(
        file.contains("\n  \(node):\n    <<: *node\n    command: [--cluster-announce-hostname, \(node)]"))
      #expect(file.contains("\"\(node):/data\""))
    }
    for service in Deployment.services {
      let user = "redis://\(service):${\(service.uppercased())_PASSWORD}@"
      #expect(file.contains("\(user)\(nodes.joined(separator: ","))\n"))
    }
    let members = nodes.map { "\"\($0):6379\"" }.joined(separator: ", ")
    #expect(file.contains("entrypoint: [/etc/handover/form]\n    command: [\(members)]"))
    let settings = try Deployment.settings()
    for match in file.matches(of: /\$\{([A-Z_]+)\}|(?m)^ +([A-Z]+_PASSWORD):$/) {
      let name = try #require(match.1 ?? match.2)
      #expect(settings[String(name)] != nil, "\(name)")
    }
  }

  @Test func `a node looks up where the others are, and forgets addresses that nobody has any more`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "nodes-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // What Redis would read, from a server that only shows it.
    let server = folder.appending(path: "redis-server")
    try "#!/bin/sh\ncat nodes.conf\n".write(to: server, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: server.path)
    let nodes = """
      a 192.0.2.1:6379@16379,localhost slave,noaddr d 0 1 2 connected
      b 192.0.2.2:6379@16379,gone.invalid master - 0 1 2 connected 0-5460 [93-<-c]
      c 192.0.2.3:6379@16379,gone.invalid myself,slave b 0 1 2 connected
      d 192.0.2.4:6379@16379 master - 0 1 2 connected 5461-10922
      vars currentEpoch 8 lastVoteEpoch 0

      """
    try nodes.write(to: folder.appending(path: "nodes.conf"), atomically: true, encoding: .utf8)
    let (start, log) = (Deployment.folder.appending(path: "redis/start").path, folder.appending(path: "log"))
    try RunningProcess(
      "/bin/sh",
      ["-c", "cd \"$0\" && PATH=.:$PATH exec \"$1\"", folder.path, start],
      environment: try Deployment.settings().merging(["TMPDIR": folder.path]) { $1 }, log: log
    ).wait()
    let found = try String(contentsOf: log, encoding: .utf8)
    let local = try #require(found.firstMatch(of: /(?m)^a (.+):6379@16379,localhost slave d/)?.1)
    #expect(["127.0.0.1", "::1"].contains(local))
    #expect(
      found
        == nodes.replacing("192.0.2.1", with: local).replacing("slave,noaddr", with: "slave")
        .replacing("192.0.2.2:6379@16379,gone.invalid master", with: ":0@0,gone.invalid master,noaddr"))
  }

  @Test func `the executables read every variable that compose sets`() throws {
    let compose = try Deployment.text("compose.yaml")
    let pattern = /(?m)^ +(HANDOVER_[A-Z_]+|[A-Z]+_LOG_LEVEL):/
    let variables = Set(compose.matches(of: pattern).map { String($0.1) })
    #expect(variables.count > 10)
    for variable in variables { #expect(try Deployment.isSetting(variable), "\(variable)") }
  }

  /// The help texts take their defaults from the code.
  @Test func `every default is the same in help texts, README and configurations`() throws {
    let help = try ["ingress", "reservation-worker"].map { try Deployment.output(of: $0, "--help") }.joined()
    let pattern = /(HANDOVER_[A-Z_]+); (?:fixed at the first start, )?(\d+) if neither/
    var defaults: [String: String] = [:]
    for match in help.replacing(/\s+/, with: " ").matches(of: pattern) {
      defaults[String(match.1)] = String(match.2)
    }
    #expect(defaults.count > 8)
    let readme = try String(contentsOf: Executables.package.appending(path: "README.md"), encoding: .utf8)
    let manifest = try Deployment.text("kubernetes/base/config.yaml")
    let settings = try Deployment.settings()
    for (name, value) in defaults {
      let row = readme.split(separator: "\n").first { $0.hasPrefix("| `\(name)` |") }
      #expect(
        row?.contains("| \(value) |") == true, "\(name) is \(value), but the README has \(row ?? "no row")")
      if let set = settings[name] { #expect(set == value, "\(name) in .env") }
      if manifest.contains("  \(name): ") {
        #expect(manifest.contains("  \(name): \"\(value)\""), "\(name) in config.yaml")
      }
    }
  }

  @Test func `every service has its own Redis user and password`() throws {
    let (compose, users) = (try Deployment.text("compose.yaml"), try Deployment.users())
    #expect(Set(users.keys) == Set(Deployment.services + ["inlet", "replica", "operator"]))
    for (user, password) in users { #expect(password == "\(user.uppercased())_PASSWORD") }
    for service in Deployment.services {
      #expect(compose.contains("redis://\(service):${\(service.uppercased())_PASSWORD}@redis:6379"))
    }
    let passwords = try Deployment.settings().filter { $0.key.hasSuffix("_PASSWORD") }
    #expect(Set(passwords.keys) == Set(users.values))
    #expect(Set(passwords.values).count == passwords.count)
  }

  @Test func `the image links every service to one executable`() throws {
    let names = Deployment.workers.map { "\($0)-worker" } + ["ingress"]
    let links = try #require(try Deployment.text("Dockerfile").firstMatch(of: /for service in ([^;]+);/))
    #expect(links.1.split(separator: " ").map(String.init).sorted() == names.sorted())
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "links-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in names {
      let link = folder.appending(path: name).path
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: Executables.path("handover"))
      #expect(try Deployment.output(of: link, "--help") == Deployment.output(of: name, "--help"))
    }
  }

  @Test func `alerts use only metrics that exist`() throws {
    let alerts = try Deployment.text("prometheus/alerts.yaml")
    let metrics = Set(alerts.matches(of: /\b(?:handover|http)_\w+/).map { String($0.0) })
    let known = Set(Metric.allCases.flatMap { [$0.rawValue, "\($0.rawValue)_bucket"] })
    #expect(metrics.count > 5)
    #expect(metrics.subtracting(known) == [])
  }
}
