/// Why a measurement could not be made, or is worth nothing.
struct BenchError: Error, CustomStringConvertible {
  let message: String

  init(_ message: String) { self.message = message }

  var description: String { message }
}
