/// The reason why a measurement failed or is invalid.
struct BenchError: Error, CustomStringConvertible {
  let message: String

  init(_ message: String) { self.message = message }

  var description: String { message }
}
