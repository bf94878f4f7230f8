import Redis

extension RESPWords {
  /// The words, parsed from their bytes.
  var words: [ArraySlice<UInt8>] {
    var words: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 13),
      let length = Int(String(decoding: rest[..<end].dropFirst(), as: UTF8.self))
    {
      let word = rest[(end + 2)...].prefix(length)
      words.append(word)
      rest = rest[(word.endIndex + 2)...]
    }
    return words
  }

  var texts: [String] { words.map { String(decoding: $0, as: UTF8.self) } }

  /// Returns the commands that one of the words contains for a script; only with words shorter than 32 bytes.
  func commands(at place: Int) -> [[String]] {
    var commands: [[String]] = []
    var rest = words[place]
    while let head = rest.popFirst() {
      if head == 0xcd {
        rest = rest.dropFirst(2)
        commands.append([])
      } else {
        let length = Int(head & 0x1f)
        commands[commands.count - 1].append(String(decoding: rest.prefix(length), as: UTF8.self))
        rest = rest.dropFirst(length)
      }
    }
    return commands
  }
}
