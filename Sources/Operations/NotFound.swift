/// What was asked for does not exist.
package struct NotFound: Error, Equatable, CustomStringConvertible {
  package let description: String

  /// - Parameter what: Its kind and its id, such as `reserve 17`.
  package init(_ what: String) { description = "There is no \(what)." }
}
