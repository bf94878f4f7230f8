import Market
import Redis

extension Fields {
  /// Names and values in turn, as `HGETALL` and stream entries give them; what is no text is left out.
  init(pairs reply: Reply) {
    self.init()
    var name: String?
    for part in reply {
      if let known = name {
        if let value = part.string { append(known, value) }
        name = nil
      } else {
        name = part.string ?? ""
      }
    }
  }
}
