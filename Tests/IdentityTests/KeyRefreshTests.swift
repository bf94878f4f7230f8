import Foundation
import Logging
import Market
import ServiceLifecycle
import Testbed
import Testing

@testable import Identity

/// How keys come, change and go.
@Suite struct KeyRefreshTests {
  /// Runs a verifier's own task while the body runs.
  private func running(_ verifier: TokenVerifier, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await verifier.run() }
      try await body()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  @Test func `the first token fetches the keys, later ones do not`() async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      let verifier = TokenVerifier(issuer, url: server.url)
      #expect(verifier.downReason != nil)
      for number in 1...20 {
        let token = try issuer.token("user \(number)")
        #expect(await verifier.refusal(of: token) == nil)
      }
      #expect(server.fetches == 1)
      #expect(verifier.trouble == .fine)
    }
  }

  @Test func `a new key works at once, and an old one until the next refresh`() async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      let verifier = TokenVerifier(issuer, url: server.url) { $0.fetchSpacing = .zero }
      let first = try issuer.token("a")
      let kept = try issuer.token("b")
      #expect(await verifier.refusal(of: first) == nil)
      let old = issuer.key
      try issuer.rotate(removingOld: true)
      // Nobody knows yet.
      #expect(await verifier.refusal(of: first) == nil)
      #expect(await verifier.refusal(of: kept) == nil)
      #expect(await verifier.refusal(of: try issuer.token("c")) == nil)
      await verifier.expectInvalid(first, "names a key")
      await verifier.expectInvalid(kept, "names a key")
      await verifier.expectInvalid(try issuer.token("d", key: old), "names a key")
    }
  }

  @Test func `a removed key stops working with the next refresh, for tokens seen before too`() async throws {
    let issuer = try TestIssuer()
    let verifier = TokenVerifier(issuer) {
      $0.refreshInterval = .milliseconds(20)
      $0.fetchSpacing = .zero
    }
    try await running(verifier) {
      let old = try issuer.token("a")
      for _ in 1...3 { #expect(await verifier.refusal(of: old) == nil) }
      try issuer.rotate()
      let new = try issuer.token("b")
      for _ in 1...3 {
        #expect(await verifier.refusal(of: old) == nil)
        #expect(await verifier.refusal(of: new) == nil)
      }
      let key = issuer.key
      try issuer.publish("{\"keys\":[\(String(decoding: JSONEncoder().encode(key.members), as: UTF8.self))]}")
      try await verifier.wait(for: old) { $0 != nil }
      await verifier.expectInvalid(old, "names a key")
      #expect(await verifier.refusal(of: new) == nil)
    }
  }

  @Test func `a key that was replaced under its name does not verify what the old one signed`() async throws {
    let issuer = try TestIssuer()
    let verifier = TokenVerifier(issuer) {
      $0.refreshInterval = .milliseconds(20)
      $0.fetchSpacing = .zero
    }
    try await running(verifier) {
      let old = try issuer.token("a")
      #expect(await verifier.refusal(of: old) == nil)
      let key = try TestKey(id: issuer.key.id)
      try issuer.publish("{\"keys\":[\(String(decoding: JSONEncoder().encode(key.members), as: UTF8.self))]}")
      try await verifier.wait(for: old) { $0 != nil }
      await verifier.expectInvalid(old, "signature")
      #expect(await verifier.refusal(of: try issuer.token("a", key: key)) == nil)
    }
  }

  @Test func `a file that appears later is found`() async throws {
    let issuer = try TestIssuer()
    try FileManager.default.removeItem(atPath: issuer.jwksFile)
    let verifier = TokenVerifier(issuer) { $0.fetchSpacing = .milliseconds(20) }
    try await running(verifier) {
      let token = try issuer.token("a")
      let refusal = await verifier.refusal(of: token)
      #expect(refusal?.kind == .unavailable)
      let reason = try #require(verifier.downReason)
      #expect(reason.contains(issuer.jwksFile))
      try issuer.publish()
      try await verifier.wait(for: token) { $0 == nil }
      #expect(verifier.trouble == .fine)
    }
  }

  @Test func `a file that cannot be read is no key set`() async throws {
    for path in ["/", "/dev/null", "/dev/zero", "/nowhere/jwks.json", "/etc/passwd"] {
      let fault = await #expect(throws: KeyFault.self) {
        try await KeySet(json: IdentityOptions.KeySource.file(path).fetch(timeout: Patience.limit))
      }
      #expect(fault?.reason.isEmpty == false)
    }
  }

  /// Ways in which an issuer brings no keys, with words of the reason.
  static let faults: [(TestKeyServer.Manner, String)] = [
    (.text("{\"keys\":[]}"), "None of its 0 keys"),
    (.text("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"), "None of"),
    (.text(""), "no JSON Web Key Set"), (.text("<html>"), "no JSON Web Key Set"),
    (.text("{\"keys\":[" + String(repeating: " ", count: 300_000) + "]}"), "more than 262144 bytes"),
    (.status(201), "201"), (.status(203), "203"), (.status(304), "304"), (.status(401), "401"),
    (.status(404), "404"), (.status(500), "500"), (.status(503), "503"),
    (.silent, "did not answer"), (.dripping, "did not answer"),
  ]

  @Test(arguments: faults.indices)
  func `the last good keys stay while the issuer brings none`(index: Int) async throws {
    let (manner, words) = Self.faults[index]
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      let isSlow = words == "did not answer"
      let verifier = TokenVerifier(issuer, url: server.url) {
        $0.fetchSpacing = .zero
        if isSlow { $0.fetchTimeout = .milliseconds(200) }
        $0.staleAfter = .zero
      }
      // A slow machine may need more than one try.
      try await verifier.wait(for: try issuer.token("a")) { $0 == nil }
      let old = issuer.key
      try issuer.rotate()
      server.manner = manner
      let new = try issuer.token("b")
      #expect(await verifier.refusal(of: new)?.kind == .unavailable)
      let reason = try #require(verifier.partialReason)
      #expect(reason.contains(words), "\(reason)")
      for user in ["a", "c"] { #expect(await verifier.refusal(of: try issuer.token(user, key: old)) == nil) }
      server.manner = .keys
      try await verifier.wait(for: new) { $0 == nil }
      #expect(verifier.trouble == .fine)
    }
  }

  @Test func `an issuer that is away is told from one that never was there`() async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      let verifier = TokenVerifier(issuer, url: server.url) {
        $0.fetchSpacing = .zero
        $0.staleAfter = .zero
      }
      #expect(await verifier.refusal(of: try issuer.token("a")) == nil)
      await server.close()
      let never = TokenVerifier(issuer, url: server.url) { $0.fetchSpacing = .zero }
      #expect(await never.refusal(of: try issuer.token("a"))?.kind == .unavailable)
      let reason = try #require(never.downReason)
      #expect(reason.contains("cannot be reached"))
      #expect(
        await verifier.refusal(of: try issuer.token("b", header: ["kid": "\"new\""]))?.kind == .unavailable)
      #expect(await verifier.refusal(of: try issuer.token("b")) == nil)
      #expect(verifier.partialReason != nil)
    }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `redirects are not followed`(status: Int) async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { other in
      try await TestKeyServer.run(issuer) { server in
        server.manner = .status(status, location: other.url)
        let verifier = TokenVerifier(issuer, url: server.url)
        #expect(await verifier.refusal(of: try issuer.token("a"))?.kind == .unavailable)
        let reason = try #require(verifier.downReason)
        #expect(reason.contains("\(status)"))
        #expect(server.fetches == 1)
        #expect(other.fetches == 0)
      }
    }
  }

  @Test func `whoever waits for a key that is being fetched gets it with the others`() async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      let verifier = TokenVerifier(issuer, url: server.url) { $0.fetchSpacing = .zero }
      #expect(await verifier.refusal(of: try issuer.token("a")) == nil)
      try issuer.rotate()
      server.manner = .late(.milliseconds(200))
      try await withThrowingTaskGroup(of: TokenRefusal?.self) { group in
        for number in 1...100 {
          let token = try issuer.token("user \(number)")
          group.addTask { await verifier.refusal(of: token) }
        }
        for try await refusal in group { #expect(refusal == nil) }
      }
      #expect(server.fetches == 2)
    }
  }

  @Test func `names of unknown keys cannot be used to hammer the issuer`() async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      let spacing = Duration.milliseconds(100)
      let verifier = TokenVerifier(issuer, url: server.url) { $0.fetchSpacing = spacing }
      let start = ContinuousClock.now
      #expect(await verifier.refusal(of: try issuer.token("a")) == nil)
      for _ in 1...10 {
        try await withThrowingTaskGroup(of: TokenRefusal?.self) { group in
          for _ in 1...100 {
            let token = try issuer.token("a", header: ["kid": "\"\(UInt64.random(in: 0...UInt64.max))\""])
            group.addTask { await verifier.refusal(of: token) }
          }
          for try await refusal in group { #expect(refusal?.kind == .invalid) }
        }
        try await Task.sleep(for: .milliseconds(20))
      }
      let most = Int((ContinuousClock.now - start) / spacing) + 1
      #expect((2...most).contains(server.fetches))
      // A spacing that is longer than the test.
      let patient = TokenVerifier(issuer, url: server.url) { $0.fetchSpacing = Patience.limit }
      let before = server.fetches
      for _ in 1...100 { _ = await patient.refusal(of: try issuer.token("a", header: ["kid": "\"?\""])) }
      #expect(server.fetches == before + 1)
    }
  }

  @Test func `many tasks verify at the same time while keys change`() async throws {
    let issuer = try TestIssuer()
    let verifier = TokenVerifier(issuer) {
      $0.refreshInterval = .milliseconds(5)
      $0.fetchSpacing = .zero
    }
    try await running(verifier) {
      let tokens = try (0..<50).map { try issuer.token("user \($0)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            for number in 0..<2000 {
              let user = try await verifier.verify(tokens[number % tokens.count]).user
              #expect(user == ActingUser("user \(number % tokens.count)"))
            }
          }
        }
        group.addTask { for _ in 0..<20 { try issuer.rotate() } }
        try await group.waitForAll()
      }
    }
  }

  @Test func `changes and failures are told once, without what tokens and keys are made of`() async throws {
    let issuer = try TestIssuer()
    let log = LogLines()
    let verifier = TokenVerifier(issuer, log: log) { $0.fetchSpacing = .zero }
    let token = try issuer.token("somebody")
    let other = try issuer.token("somebody", header: ["kid": "\"other\""])
    for _ in 1...3 { _ = await verifier.refusal(of: token) }
    try issuer.rotate(removingOld: true)
    for _ in 1...3 { _ = await verifier.refusal(of: other) }
    try issuer.publish("nothing")
    for _ in 1...3 { _ = await verifier.refusal(of: other) }
    try issuer.publish()
    for _ in 1...3 { _ = await verifier.refusal(of: other) }
    let lines = log.lines.now
    #expect(
      lines.map { $0.prefix { $0 != ":" } } == [
        "loaded the keys that verify tokens", "the keys that verify tokens changed",
        "the keys that verify tokens cannot be refreshed", "the keys that verify tokens are fresh again",
      ])
    let text = lines.joined(separator: "\n")
    #expect(text.contains("key-1") && text.contains("no JSON Web Key Set"))
    let secrets =
      [try #require(issuer.key.members["x"]), "somebody", "other"]
      + token.split(separator: ".").map(String.init)
    for secret in secrets { #expect(!text.contains(secret)) }
  }

  @Test func `a graceful shutdown ends it, also while the issuer does not answer`() async throws {
    let issuer = try TestIssuer()
    try await TestKeyServer.run(issuer) { server in
      for manner in [TestKeyServer.Manner.keys, .silent] {
        server.manner = manner
        let before = server.fetches
        let log = LogLines()
        let verifier = TokenVerifier(issuer, url: server.url, log: log) {
          $0.fetchTimeout = Patience.limit * 2
        }
        let group = ServiceGroup(
          services: [verifier], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          tasks.addTask { try await group.run() }
          while server.fetches == before, .now - start < Patience.limit {
            try await Task.sleep(for: .milliseconds(5))
          }
          await group.triggerGracefulShutdown()
          try await tasks.waitForAll()
        }
        #expect(server.fetches == before + 1)
        #expect(.now - start < Patience.limit)
        #expect(!log.lines.now.contains { $0.contains("cannot be refreshed") || $0.contains("no keys") })
      }
    }
  }
}
