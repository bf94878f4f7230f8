import Lanes
import Market
import Redis
import Testbed
import Testing

/// The reader of what is stored.
@Suite struct FieldsReadingTests {
  private func reply(_ script: String) throws -> Reply {
    let redis = try TestRedis()
    return try withExtendedLifetime(redis) { try redis.connect().call("EVAL", "return \(script)", "0") }
  }

  @Test func `names and values are kept in order`() throws {
    #expect(try Fields(reading: reply("{'b','1','a','','b','2'}")) == ["b": "1", "a": "", "b": "2"])
    #expect(try Fields(reading: .null).isEmpty)
  }

  @Test func `an error names the field whose value is not UTF-8`() throws {
    let reply = try reply("{'a','1','address','\\255'}")
    let error = #expect(throws: FieldError.self) { try Fields(reading: reply) }
    #expect(error?.field == "address" && error?.reason == .notText)
  }

  @Test func `a name that is not UTF-8 is an error`() throws {
    let reply = try reply("{'a','1','\\255','2'}")
    let error = #expect(throws: FieldError.self) { try Fields(reading: reply) }
    #expect(error?.field == "?" && error?.reason == .notText)
  }
}
