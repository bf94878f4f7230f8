/// Checks whether a server accepts writes: the command to send, and what its reply means.
enum PrimaryCheck {
  /// `INFO`, which every Redis user of the system is permitted to call and a server answers in any state.
  static let question: Commands = {
    var commands = Commands()
    commands.add("INFO", "replication", "persistence")
    return commands
  }()

  /// Throws the error that the server would return for a write, if any.
  static func judge(_ replies: [Reply]) throws(RedisError) {
    let info = try replies.first?.get()
    guard info?.fact("role") == "master" else {
      throw RedisError(
        .refused(kind: .readOnly),
        "READONLY This Redis is a replica, or was demoted to one. It must be the primary: is a fail-over in progress?"
      )
    }
    guard info?.fact("loading") == "0" else {
      throw RedisError(.refused(kind: .loading), "LOADING This Redis is loading its data.")
    }
  }
}
