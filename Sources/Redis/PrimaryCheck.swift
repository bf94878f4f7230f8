/// How to ask a server whether it is one to write to, and what its answer means.
enum PrimaryCheck {
  /// `INFO` is what every service may ask, and what a server answers in any state.
  static let question: Commands = {
    var commands = Commands()
    commands.add("INFO", "replication", "persistence")
    return commands
  }()

  /// Throws what the server would answer to a write.
  static func judge(_ replies: [Reply]) throws(RedisError) {
    let facts = try replies.first?.get().string?.split(whereSeparator: \.isNewline) ?? []
    guard facts.contains("role:master") else {
      throw RedisError(
        .refused(kind: "READONLY"),
        "READONLY This Redis is a replica, or was demoted to one. It has to be the primary: is a fail-over under way?"
      )
    }
    guard facts.contains("loading:0") else {
      throw RedisError(.refused(kind: "LOADING"), "LOADING This Redis is loading its data.")
    }
  }
}
