/// Blocking access to the data of a deployment, on one server or many. It belongs to the thread that created it.
public protocol RedisLink: AnyObject {
  /// Sends the commands and waits for all their replies, in the order of the commands.
  ///
  /// Error replies are returned. Throws if a server does not answer: some of the commands may have been
  /// executed. Commands on one key are executed in their order.
  ///
  /// - Parameter limit: The maximum number of bytes of text in the replies of one server. Throws
  ///   `.replyTooLarge` beyond it.
  func exchange(_ commands: Commands, limit: Int) throws(RedisError) -> [Reply]

  /// Returns the digest of a script for `EVALSHA`, and has it loaded wherever it is called.
  func digest(of script: Script) throws(RedisError) -> String

  /// Forgets which scripts are loaded, after `NOSCRIPT`.
  func forgetScripts()

  /// Calls `body` with a connection to the server that has a key, for commands that belong to that server.
  func on<Value>(
    _ key: String, _ body: (RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> Value

  /// Calls `body` once for each server that has a part of the data. Throws what the first call throws.
  ///
  /// The node is nil if there is only one server.
  func eachMaster<Value>(
    _ body: (RedisNode?, RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> [Value]
}

extension RedisLink {
  public func exchange(_ commands: Commands) throws(RedisError) -> [Reply] {
    try exchange(commands, limit: .max)
  }

  /// Sends one command and waits for its reply. Throws if the reply is an error.
  @discardableResult
  public func call(_ words: String...) throws(RedisError) -> Reply { try call(RESPWords(words)) }

  /// The same with words built elsewhere.
  @discardableResult
  public func call(_ words: RESPWords) throws(RedisError) -> Reply {
    try exchange(Commands(words)).single()
  }
}

extension RedisConnection: RedisLink {
  public func on<Value>(
    _ key: String, _ body: (RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> Value {
    try body(self)
  }

  public func eachMaster<Value>(
    _ body: (RedisNode?, RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> [Value] {
    [try body(nil, self)]
  }
}

extension ClusterConnection: RedisLink {
  public func eachMaster<Value>(
    _ body: (RedisNode?, RedisConnection) throws(RedisError) -> Value
  ) throws(RedisError) -> [Value] {
    var values: [Value] = []
    for (_, result) in onEveryMaster({ (node, connection) throws(RedisError) in try body(node, connection) })
    {
      values.append(try result.get())
    }
    return values
  }
}
