import Foundation
import NIOHTTP1
import OperatorWeb
import Testbed
import Testing

/// Nobody but operators gets in, and no page but our own makes calls.
@Suite struct GateTests {
  private static let data = ["/status.json", "/letters.json", "/log.json", "/audit.json", "/memory.json"]

  @Test(arguments: ["evil.example", "127.0.0.1.evil.example", "evil.example:8089", "10.0.0.1"])
  func `another name of this machine is refused`(host: String) async throws {
    let headers: HTTPHeaders = ["Host": host]
    try await TestWeb.run { web in
      for path in Self.data + ["/", "/operator.js"] {
        let answer = try await web.http.call(.GET, path, headers: headers)
        #expect(answer.status == 421, "\(path)")
      }
      // Platforms ask by address whether it lives.
      let probe = try await web.http.call(.GET, "/readiness", headers: headers)
      #expect(probe.status == 200)
    }
  }

  @Test(arguments: ["localhost", "LOCALHOST:1234", "127.0.0.1:9", "[::1]:8089"])
  func `every name of loopback is taken, and every port, as tunnels have others`(host: String) async throws {
    let headers: HTTPHeaders = ["Host": host]
    try await TestWeb.run { web in
      let answer = try await web.http.call(.GET, "/status.json", headers: headers)
      #expect(answer.status == 200)
    }
  }

  @Test func `pages of other sites can read nothing, and start nothing`() async throws {
    try await TestWeb.run(allowsActions: true) { web in
      for site in ["cross-site", "same-site"] {
        let headers: HTTPHeaders = ["Sec-Fetch-Site": site]
        for path in Self.data { #expect(try await web.http.call(.GET, path, headers: headers).status == 403) }
        // Following a link to the page is no harm.
        #expect(try await web.http.call(.GET, "/", headers: headers).status == 200)
      }
      let id = try web.putAside(TestWeb.listing(1))
      let wish = #"{"ids":["\#(id)"],"count":1}"#
      for path in ["/letters/drop", "/letters/replay", "/letters/rehearsal", "/audit.json"] {
        for headers: HTTPHeaders in [[:], ["Sec-Fetch-Site": "none"], ["Sec-Fetch-Site": "cross-site"]] {
          #expect(try await web.http.call(.POST, path, wish, headers: headers).status == 403, "\(path)")
        }
        // What a form can send.
        var request = TestWeb.ours
        request.add(name: "Content-Type", value: "text/plain")
        let answer = try await web.http.call(.POST, path, headers: request)
        #expect(answer.status == 415, "\(path)")
      }
      for path in ["/letters/\(id)?show=true", "/timeline.json?reserve=1&show=true", "/tail?show=true"] {
        #expect(try await web.http.call(.GET, path).status == 403, "\(path)")
      }
      #expect(try await web.get("/letters.json").json["count"].integer == 1)
      #expect(try await web.log().isEmpty)
    }
  }

  @Test func `without actions there are no routes for them`() async throws {
    try await TestWeb.run { web in
      let id = try web.putAside(TestWeb.listing(1))
      for path in ["/letters/drop", "/letters/replay"] {
        #expect(try await web.post(path, #"{"ids":["\#(id)"],"count":1}"#).status == 404, "\(path)")
      }
      #expect(try await web.get("/session.json").json["actions"] == .bool(false))
      #expect(try await web.post("/letters/rehearsal", #"{"ids":["\#(id)"]}"#).status == 200)
      #expect(try await web.get("/letters.json").json["count"].integer == 1)
      #expect(try await web.http.call(.DELETE, "/letters/\(id)", "{}", headers: TestWeb.ours).status == 405)
    }
  }

  private static func basic(_ name: String, _ password: String) -> HTTPHeaders {
    ["Authorization": "Basic \(Data("\(name):\(password)".utf8).base64EncodedString())"]
  }

  @Test func `operators sign in by the file`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "passwords-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = [
      "# operators", "", try Passwords.line("kim", password: "correct horse battery"),
      try Passwords.line("이준호", password: "비밀:번호는 길게"),
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: folder)
    let passwords = try Passwords(file: folder.path)
    try await TestWeb.run {
      $0.passwords = passwords
    } _: { web in
      let nobody = try await web.http.call(.GET, "/")
      #expect(nobody.status == 401 && nobody.headers["WWW-Authenticate"].first?.hasPrefix("Basic ") == true)
      for headers in [
        Self.basic("kim", "wrong horse battery"), Self.basic("nobody", "correct horse battery"),
        Self.basic("kim", ""), ["Authorization": "Basic !"], ["Authorization": "Bearer x"],
      ] {
        #expect(try await web.http.call(.GET, "/status.json", headers: headers).status == 401)
      }
      for (name, password) in [("kim", "correct horse battery"), ("이준호", "비밀:번호는 길게")] {
        // Once hashed, and once remembered. Its name can be any.
        for _ in 0..<2 {
          var headers = Self.basic(name, password)
          headers.add(name: "Host", value: "operators.example")
          let session = try await web.http.call(.GET, "/session.json", headers: headers)
          #expect(try session.status == 200 && session.json["name"].text == name)
        }
      }
      #expect(try await web.http.call(.GET, "/liveness").status == 200)
    }
  }

  @Test func `a file that lets nobody in, or cannot be read, is refused`() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "passwords-\(UUID())")
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(throws: Passwords.Unreadable.self) { try Passwords(file: file.path) }
    let line = try Passwords.line("kim", password: "correct horse battery")
    for text in [
      "", "# nobody\n", "kim:plain", line.replacing("$210000$", with: "$1$"), "\(line)\n\(line)",
      line.replacing("kim:", with: ":"),
    ] {
      try Data(text.utf8).write(to: file)
      #expect(throws: Passwords.Unreadable.self, "\(text)") { try Passwords(file: file.path) }
    }
  }
}
