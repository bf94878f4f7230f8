import Redis

extension RESPWords {
  /// The words again, out of their bytes.
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

  /// What a script is told to do by one of the words; of commands with words shorter than 32 bytes only.
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
