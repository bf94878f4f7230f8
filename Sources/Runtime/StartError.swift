/// The reason why an executable refuses to start, and what to do about it.
package struct StartError: Error, CustomStringConvertible {
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
