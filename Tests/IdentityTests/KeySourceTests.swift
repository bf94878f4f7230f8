import Testing

@testable import Identity

/// Where keys may come from.
@Suite struct KeySourceTests {
  typealias Source = IdentityOptions.KeySource

  @Test(arguments: ["/etc/handover/jwks.json", "jwks.json", "./a b/jwks.json", "../열쇠", "a/b:c"])
  func `a path is a file`(text: String) throws {
    #expect(try Source(text) == .file(text))
  }

  @Test(arguments: [
    "https://issuer.example/.well-known/jwks.json", "https://issuer.example:8443/keys?p=policy",
    "HTTPS://issuer.example", "https://10.0.0.1/keys", "http://127.0.0.1:8080/jwks.json", "http://127.1.2.3/",
    "http://localhost/keys", "http://[::1]:80/keys", "HTTP://LOCALHOST/",
  ])
  func `an encrypted URL, or one of this machine, is a URL`(text: String) throws {
    #expect(try Source(text) == .url(text))
  }

  @Test(arguments: [
    "", "http://issuer.example/keys", "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/",
    "http://127.1/", "http://127.0.0.256/", "http://127.0.0.+1/", "http://127.0.0.1.2/", "http://[::2]/",
    "http://localhost.evil.example/", "http://evil.example#localhost", "http://10.0.0.1/", "https://",
    "https:///keys", "https:keys", "https://user:secret@issuer.example/", "https://issuer.example/#keys",
    "https://issuer.example/a b",
    "http://localhost\\@evil.example/", "https://issuer.example/\n", "ftp://issuer.example/keys",
    "file:///etc/jwks.json", "data:application/json,{}",
    " https://issuer.example/",
    "://", "a\0b",
  ])
  func `anything else is refused with what to write`(text: String) {
    let refusal = #expect(throws: Source.Refusal.self) { try Source(text) }
    #expect(refusal?.description.contains("https://issuer.example/.well-known/jwks.json") == true)
    #expect(refusal?.description.contains("secret") == false)
  }

  @Test func `logs show no query`() {
    #expect("\(Source.url("https://issuer.example/keys?code=secret"))" == "https://issuer.example/keys")
  }
}
