import Market
import Redis

extension Fields {
  /// Reads alternating names and values, as `HGETALL` and stream entries return them; values that are not
  /// text are left out.
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
