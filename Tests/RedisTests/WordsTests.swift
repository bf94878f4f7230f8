import Redis
import Testing

@Suite struct WordsTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `lengths are counted in bytes, not in characters`() {
    let words = RESPWords("SET", "거래", "")
    #expect(text(words.bytes) == "$3\r\nSET\r\n$6\r\n거래\r\n$0\r\n\r\n")
    #expect(words.count == 3)
  }

  @Test(arguments: [0, 9, 10, -1, -10, 1_000_000, .max, .min])
  func `every integer can be written`(number: Int) {
    var words = RESPWords()
    words.add(number)
    #expect(text(words.bytes) == "$\("\(number)".utf8.count)\r\n\(number)\r\n")
  }

  @Test func `words can be made of raw bytes and of other words`() {
    var words = RESPWords()
    withUnsafeBytes(of: (UInt8(0), UInt8(0xFF), UInt8(13), UInt8(10))) { words.add($0) }
    #expect(words.bytes == [UInt8]("$4\r\n".utf8) + [0, 0xFF, 13, 10, 13, 10])
    var all = RESPWords("A")
    all.add(words)
    #expect(all.count == 2)
    #expect(all.bytes == [UInt8]("$1\r\nA\r\n".utf8) + words.bytes)
    all = RESPWords()
    all.add(String(repeating: "x", count: 100_000))
    #expect(text(Array(all.bytes.prefix(10))) == "$100000\r\nx")
    #expect(all.bytes.count == 9 + 100_000 + 2)
  }

  @Test func `commands are written with their word counts`() {
    var commands = Commands()
    #expect(commands.isEmpty)
    commands.add("PING")
    commands.add(RESPWords("GET", "k"))
    var more = Commands()
    more.add("DEL", "a", "b", "c", "d", "e", "f", "g", "h", "i")
    commands.add(more)
    #expect(commands.count == 3)
    #expect(commands.separate.map(\.count) == [1, 2, 10])
    #expect(commands.separate[1].separate.map { text($0.bytes) } == ["$3\r\nGET\r\n", "$1\r\nk\r\n"])
    let wire = text(commands.bytes)
    #expect(wire.hasPrefix("*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*10\r\n$3\r\nDEL\r\n"))
  }
}
