import Foundation
import Processes
import Telemetry
import Testbed
import Testing

/// `compose.yaml`, `.env` and `users.acl` agree with each other and with the executables.
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
    let urls = file.matches(of: /HANDOVER_REDIS_URL: (.+)/).map { String($0.1) }
    #expect(urls.count == Deployment.services.count)
    #expect(Set(urls) == ["redis://\(nodes.joined(separator: ","))"])
    let members = nodes.map { "\"\($0):6379\"" }.joined(separator: ", ")
    #expect(file.contains("entrypoint: [/etc/handover/form]\n    command: [\(members)]"))
    let settings = try Deployment.settings()
    for match in file.matches(of: /\$\{([A-Z_]+)\}/) {
      #expect(settings[String(match.1)] != nil, "\(match.1)")
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
      environment: ["PASSWORDS": Deployment.passwords.path, "TMPDIR": folder.path], log: log
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
    let help = try ["ingress", "trade-worker"].map { try Deployment.output(of: $0, "--help") }.joined()
    let pattern = /(HANDOVER_[A-Z_]+); (?:fixed at the first start, )?([\d,]+) if neither/
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
      let file = "\(service.uppercased())_PASSWORD"
      let codes = Deployment.codeServices.contains(service) ? ", CODE_SECRET" : ""
      #expect(compose.contains("\n    secrets: [\(file)\(codes)]\n"))
      #expect(
        compose.contains(
          "HANDOVER_REDIS_USER: \(service)\n      HANDOVER_REDIS_PASSWORD_FILE: /run/secrets/\(file)\n"))
    }
    // Redis gets all of them, and so does each node of the cluster.
    for text in [compose, try Deployment.text("compose.cluster.yaml")] {
      let list = try #require(text.firstMatch(of: /secrets: (\[INGRESS_PASSWORD,[^\]]+\])/)?.1)
      #expect(Set(list.matches(of: /[A-Z]+_PASSWORD/).map { String($0.0) }) == Set(users.values))
    }
    let secrets = compose.matches(
      of: /(?m)^  ([A-Z]+_(?:PASSWORD|SECRET)): \{file: "\$\{HANDOVER_PASSWORDS:\?[^}]+\}\/\1"\}$/)
    #expect(Set(secrets.map { String($0.1) }) == Set(users.values).union(["CODE_SECRET"]))
    #expect(
      compose.matches(of: /HANDOVER_CODE_SECRET_FILE: \/run\/secrets\/CODE_SECRET\n/).count
        == Deployment.codeServices.count)
  }

  @Test func `no file but those for trials has a password, and no environment gets one`() throws {
    let users = try Deployment.users()
    let passwords = try users.keys.map { try Deployment.password(of: $0) }
    #expect(Set(passwords).count == users.count)
    let kept = try FileManager.default.contentsOfDirectory(atPath: Deployment.passwords.path)
    #expect(Set(kept) == Set(users.values).union(["CODE_SECRET", "kustomization.yaml"]))
    let files = try #require(FileManager.default.enumerator(atPath: Deployment.folder.path))
    for case let path as String in files where path.hasSuffix(".yaml") || path.hasSuffix(".env") {
      let text = try Deployment.text(path)
      #expect(!text.contains(/(?m)_(PASSWORD|SECRET): *[^{\s]/), "\(path) has a password")
      #expect(!text.contains(/redis:\/\/[^\s"]*@/), "\(path) has a password in a URL")
      #expect(
        !text.contains(/(?m)^ +[A-Z]+_PASSWORD:$|\$\{[A-Z_]*_PASSWORD\}|secretRef|secretKeyRef/), "\(path)")
    }
  }

  @Test func `Redis does not start without passwords`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "passwords-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in try Deployment.users().values {
      try "secret".write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    for (name, text) in [
      ("MYPAGE_PASSWORD", nil), ("STOCK_PASSWORD", ""), ("OPERATOR_PASSWORD", "x allkeys"),
    ] as [(String, String?)] {
      let file = folder.appending(path: name)
      if let text {
        try text.write(to: file, atomically: true, encoding: .utf8)
      } else {
        try FileManager.default.removeItem(at: file)
      }
      let log = folder.appending(path: "log")
      let process = try RunningProcess(
        Deployment.folder.appending(path: "redis/start").path, ["--port", "0"],
        environment: ["PASSWORDS": folder.path, "TMPDIR": folder.path], log: log)
      process.wait()
      #expect(process.exitStatus == 1)
      #expect(try String(contentsOf: log, encoding: .utf8).contains("\(name) must have a password"))
      try "secret".write(to: file, atomically: true, encoding: .utf8)
    }
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
}
