/// A Lua script that runs atomically inside Redis, called with `EVALSHA`.
public struct Script: Hashable, Sendable {
  public let source: String

  public init(_ source: String) { self.source = source }
}
