import Redis
import Testing

@Suite struct RedisURLTests {
  @Test(
    arguments: [
      ("redis://localhost", "localhost", 6379, 0), ("redis://10.0.0.7:7000/3", "10.0.0.7", 7000, 3),
      ("redis://[::1]:6380", "::1", 6380, 0), ("redis://cache.example:1/", "cache.example", 1, 0),
      ("redis://h:65535/15", "h", 65535, 15),
    ] as [(String, String, Int32, Int)])
  func `a Redis URL names host, port and database`(text: String, host: String, port: Int32, database: Int)
    throws
  {
    let url = try RedisURL(text)
    #expect(url.endpoint == .tcp(host: host, port: port))
    #expect(url.database == database)
    #expect(url.user == nil && url.password == nil)
  }

  @Test func `a Redis URL can name a Unix socket`() throws {
    let url = try RedisURL("unix:///run/redis/redis.sock")
    #expect(url.endpoint == .unix(path: "/run/redis/redis.sock"))
    #expect("\(url)" == "unix:///run/redis/redis.sock")
  }

  @Test func `a Redis URL has user and password, and its description omits the password`() throws {
    let named = try RedisURL("redis://anna:p%40ss%2Fw%3Ard@host:6380/2")
    #expect(named.user == "anna" && named.password == "p@ss/w:rd")
    #expect("\(named)" == "redis://anna@host:6380/2")
    let unnamed = try RedisURL("redis://:secret@[::1]")
    #expect(unnamed.user == nil && unnamed.password == "secret")
    #expect("\(unnamed)" == "redis://[::1]:6379/0")
  }

  @Test(
    arguments: [
      "rediss://anna@host:6380/2", "rediss://h1:7001,h2:7002", "rediss-sentinel://s1:26379,s2:1/name",
    ])
  func `a Redis URL can ask for encryption, which its description shows`(text: String) throws {
    let url = try RedisURL(text)
    #expect(url.tls == RedisTLS())
    #expect("\(url)" == text)
    let plain = try RedisURL(text.replacing("rediss", with: "redis"))
    #expect(plain.tls == nil && plain.endpoint == url.endpoint)
  }

  @Test(
    arguments: [
      ("localhost:6379", "no scheme"), ("http://localhost", "“http”"), ("redis://", "no host"),
      ("redis://:6379", "no host"), ("redis://h:0", "port"), ("redis://h:70000", "port"),
      ("redis://h/minus", "database"), ("redis://h/-1", "database"), ("unix://relative.sock", "not absolute"),
      ("unix:///" + String(repeating: "x", count: 107), "107 bytes"),
    ])
  func `an invalid Redis URL is refused with the part that is wrong`(text: String, part: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.code == .badURL)
    #expect(error?.canRetry == false)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["redis://u:hush@h:0", "rediss://u:hush@h:0", "http://u:hush@h"])
  func `errors do not contain the password`(text: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.message.contains("hush") == false)
  }

  private static func node(_ host: String, _ port: Int) throws -> RedisNode {
    try #require(RedisNode(host: host, port: port))
  }

  @Test func `a Redis URL can name several nodes of a cluster`() throws {
    let url = try RedisURL("redis://an%20na:p%40ss,w:rd@h1:7001,10.0.0.2,[::1]:7003,[fe80::2]/0")
    #expect(
      try url.endpoint
        == .cluster([
          Self.node("h1", 7001), Self.node("10.0.0.2", 6379), Self.node("::1", 7003),
          Self.node("fe80::2", 6379),
        ]))
    #expect(url.user == "an na" && url.password == "p@ss,w:rd" && url.database == 0)
    #expect("\(url)" == "redis://an na@h1:7001,10.0.0.2:6379,[::1]:7003,[fe80::2]:6379")
    #expect(
      try RedisURL("redis://h1,h2").endpoint == .cluster([Self.node("h1", 6379), Self.node("h2", 6379)]))
    #expect(try RedisURL("redis://:geheim@h1,h2/").password == "geheim")
  }

  @Test func `a Redis URL can name sentinels and their primary`() throws {
    let url = try RedisURL("redis-sentinel://anna:hush@s1:26380,s2/my%20master")
    #expect(
      try url.endpoint == .sentinel([Self.node("s1", 26380), Self.node("s2", 26379)], primary: "my master"))
    #expect(url.user == "anna" && url.password == "hush" && url.database == 0)
    #expect("\(url)" == "redis-sentinel://anna@s1:26380,s2:26379/my master")
    #expect(
      try RedisURL("redis-sentinel://[::1]/m").endpoint == .sentinel([Self.node("::1", 26379)], primary: "m"))
  }

  @Test(
    arguments: [
      ("redis://h1,", "without a host"), ("redis://,h2", "without a host"),
      ("redis://h1,:7", "without a host"),
      ("redis://h1:0,h2", "“h1:0”"), ("redis://h1,h2:65536", "“h2:65536”"), ("redis://h1,h2:x", "“h2:x”"),
      ("redis://h1,[::1", "“[::1”"), ("redis://h1,[::1]7", "“[::1]7”"),
      ("redis://h1,h2/3", "databases"),
      ("redis://h1," + String(repeating: "x", count: 256), "255 bytes"), ("redis://%zz@h1,h2", "decoded"),
      ("redis://" + String(repeating: "h,", count: 100) + "h", "100 servers"),
      ("redis-sentinel://s1,s2", "name the primary"), ("redis-sentinel://s1/", "name the primary"),
      ("redis-sentinel://s1/m/0", "more than the primary"), ("redis-sentinel:///m", "without a host"),
      ("redis-sentinel://u:pass/word@s1/m", "%2F"),
    ])
  func `an invalid list of servers is refused with the part that is wrong`(text: String, part: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.code == .badURL)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("pass/") == false)
  }

  @Test func `one connection does not choose among several servers`() throws {
    let error = #expect(throws: RedisError.self) { try RedisConnection(RedisURL("redis://h1,h2")) }
    #expect(error?.code == .badURL)
  }
}
