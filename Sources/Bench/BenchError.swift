/// Why a measurement could not be made, or is worth nothing.
public struct BenchError: Error, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
