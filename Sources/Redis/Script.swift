/// A Lua script that runs atomically inside Redis, by `EVALSHA`.
package struct Script: Hashable, Sendable {
  package let source: String

  package init(_ source: String) { self.source = source }
}
