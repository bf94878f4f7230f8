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

  @Test(arguments: ["redis://u:hush@h:0", "rediss://u:hush@h"])
  func `errors do not contain the password`(text: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.message.contains("hush") == false)
  }
}
